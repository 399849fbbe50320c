"use strict";

addEventListener("load", async () => {
  const urls = await (await fetch("/docs/documents.json")).json();
  const ui = SwaggerUIBundle({
    urls,
    dom_id: "#documents",
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
    onComplete: () => authorize(ui),
  });
});

// Any token is accepted, unless the mock has --token; then the reader must enter it.
function authorize(ui) {
  const schemes = ui.specSelectors.specJson().toJS().components?.securitySchemes ?? {};
  for (const [name, { scheme }] of Object.entries(schemes)) {
    if (scheme?.toLowerCase() === "bearer") ui.preauthorizeApiKey(name, "any-token");
  }
}
