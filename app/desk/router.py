"""Where moderators open their desk. Everybody may have the page: what is in it, the API gives to keys alone."""

from fastapi import APIRouter, Request, Response

from app.core.pages.docs import answer_page
from app.desk.page import written

router = APIRouter(include_in_schema=False)

_PAGE = written()


@router.get("/desk")
async def desk(request: Request) -> Response:
    """The moderators' desk."""
    return answer_page(request, _PAGE)
