"""What a form for comments is told of the checks that look at it, by the policy of each discussion."""

from app.policies.form import Want, register
from app.screening.bounds import Bounds

ADDRESS = "/v1/comments/form"


def install(bounds: Bounds) -> Bounds:
    """Let forms be told what is asked within `bounds`, which it gives back."""
    wants = {
        "website": Want("honeypot", "nobody"),
        "token": Want("timing", "everyone" if bounds.form_asked else "nobody", ADDRESS),
    }
    if bounds.proof != "off":
        wants["proof"] = Want("proof_of_work", bounds.proof, ADDRESS)
    register(wants)
    return bounds
