"use strict";

// The filter of Swagger UI looks at the names of groups only; this one finds an operation by its name, its words or its address.
const FindOperations = () => ({
  fn: {
    opsFilter: (groups, phrase) => {
      const wanted = phrase.trim().toLowerCase();
      const says = (entry) =>
        [entry.get("method"), entry.get("path"), entry.getIn(["operation", "summary"]), entry.getIn(["operation", "operationId"])]
          .join(" ")
          .toLowerCase()
          .includes(wanted);
      return groups
        .map((group, name) =>
          name.toLowerCase().includes(wanted) ? group : group.set("operations", group.get("operations").filter(says)))
        .filter((group) => group.get("operations").size > 0);
    },
  },
});

// What `#/group/operation` leads to is opened below, when the page loads and when a link of it is pressed alike.
const FollowOurselves = () => ({ statePlugins: { layout: { wrapActions: { parseDeepLinkHash: () => () => {} } } } });

const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [FindOperations, FollowOurselves],
  layout: "BaseLayout",
  validatorUrl: null,
  deepLinking: true,
  filter: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  onComplete: () => {
    const version = ui.specSelectors.info().get("version");
    document.getElementById("version").textContent = `v${version}`;
    document.querySelector(".operation-filter-input")?.setAttribute("placeholder", "Find an operation: publish, /comments, sections …");
    document.querySelector(".operation-filter-input")?.setAttribute("aria-label", "Find an operation");
    setTimeout(follow, 100);
  },
});

const follow = () => {
  const [group, operation] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
  const name = group.replaceAll(" ", "_");
  const block = document.getElementById(operation ? `operations-${name}-${operation}` : `operations-tag-${name}`);
  if (block) {
    if (operation) ui.layoutActions.show(["operations", group, operation], true);
    block.scrollIntoView({ behavior: "smooth" });
  }
};
addEventListener("hashchange", follow);
