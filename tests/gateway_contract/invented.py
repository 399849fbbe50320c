"""A third contract, of no vendor, with an upstream of its own: it shares no field with the real ones."""

from pathlib import Path
from textwrap import dedent

from gateway_contract.values.json_value import Json
from tests.gateway_contract.exchanges import NOW, Body, Dialect

CONTRACT = """\
openapi: 3.1.0
info: {title: Paintbox, version: 1.0.0}
servers:
  - url: http://127.0.0.1:7000/studio
security:
  - pass: []

x-clauses:
  PX-01: {level: documented, says: a drawing is ordered with a JSON object}
  PX-02: {level: documented, says: a pass is needed}
  PX-03: {level: documented, says: an engine draws}
  PX-04: {level: documented, says: a wish says what is drawn}
  PX-05: {level: documented, says: up to four sheets are drawn and the fine engine draws two at most}
  PX-06: {level: documented, says: a canvas has its sides in pixels}
  PX-07: {level: documented, says: sheets come as links or inside the answer}
  PX-08: {level: documented, says: chaos and strength go to the engine}
  PX-09: {level: expected, says: colours go to the engine as they stand}
  PX-10: {level: expected, says: what is unwanted goes to the engine and has at most 40 characters}
  PX-11: {level: documented, says: the album says when it was drawn}
  PX-12: {level: documented, says: the page's own order works}
  PX-13: {level: expected, says: a refusal gives its reason}
  PX-14: {level: expected, says: answers are JSON and calls reach the engine as it takes them}
  PX-15: {level: not-judged, says: strength feels natural, excused: nobody can measure a feeling}

x-expectations:
  - {rule: answer/given, judge: answer-given, clause: PX-14, says: an order is answered}
  - {rule: answer/content-type, judge: answer-content-type, clause: PX-14, says: an answer calls itself JSON}
  - {rule: engine/valid-call, judge: upstream-call-valid, clause: PX-14, says: the engine can take the call}
  - {rule: engine/nothing-unknown, judge: upstream-call-known, clause: PX-14, says: the engine knows all it is told}
  - {rule: engine/one-call, judge: one-generation, clause: PX-14, says: an order is drawn once}
  - {rule: refusal/status, judge: refusal-status, clause: PX-13, says: a bad order is refused as a bad request}
  - {rule: sheets/own, judge: own-images, clause: PX-14, says: a client gets its own sheets}
  - {rule: sheets/distinct, judge: distinct-images, clause: PX-14, says: no sheet comes twice}

paths:
  /draw:
    post:
      operationId: draw
      x-clause: PX-01
      x-upstream:
        document: engine.yaml
        operation: paint
        constants: {/job/kind: picture}
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Order"}
            examples:
              first-order:
                x-clause: PX-12
                value: {engine: quick, wish: {words: a kite over the dunes}, sheets: 2, canvas: 640x480}
      responses:
        "200":
          description: The album.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Album"}
        4XX:
          description: Refused.
          content:
            application/json:
              schema:
                type: object
                x-subject: refusal
                x-clause: PX-13
                required: [reason]
                properties:
                  reason: {type: string, minLength: 1}

components:
  securitySchemes:
    pass: {type: http, scheme: bearer, x-clause: PX-02}
  schemas:
    Order:
      type: object
      x-clause: PX-01
      required: [engine, wish]
      additionalProperties: false
      properties:
        engine:
          type: string
          enum: [quick, fine]
          x-clause: PX-03
          x-upstream: {pointer: /job/tool, match: dated-snapshot}
        wish:
          type: object
          x-clause: PX-04
          required: [words]
          properties:
            words:
              type: string
              minLength: 1
              maxLength: 200
              x-mark: true
              x-upstream: {pointer: /job/brief/0/line}
        sheets:
          type: integer
          minimum: 1
          maximum: 4
          default: 1
          x-clause: PX-05
          x-upstream: {pointer: /settings/copies}
        canvas:
          type: string
          format: image-size
          examples: [640*480, 640x480]
          x-pixels: {minimum: 65536, maximum: 1048576}
          x-aspect: {minimum: 0.25, maximum: 4}
          x-not-judged: {type: string, pattern: "[X ]"}
          x-clause: PX-06
          x-upstream: {pointer: /settings/area, normalize: image-size}
        delivery:
          type: string
          enum: [link, inline]
          default: link
          x-clause: PX-07
        chaos:
          type: integer
          minimum: 0
          maximum: 99
          x-clause: PX-08
          x-upstream: {pointer: /settings/dice, preserve: [0], invent: false}
        strength:
          type: number
          minimum: 0
          maximum: 1.5
          x-clause: PX-08
          x-upstream: {pointer: /settings/force, preserve: [0]}
        look:
          type: object
          x-clause: PX-09
          properties:
            colours:
              type: array
              minItems: 1
              maxItems: 3
              items: {type: string, minLength: 2, maxLength: 12}
              x-level: expected
              x-upstream: {pointer: /settings/inks}
        unwanted:
          type: string
          maxLength: 40
          x-clause: PX-10
          x-if-violated: {maxLength: [refuse, truncate]}
          x-not-judged: {type: string, maxLength: 0}
          x-upstream: {pointer: /settings/avoid, invent: false}
        signed:
          type: boolean
          default: false
          x-clause: PX-08
          x-upstream: {pointer: /settings/signature, preserve: [false]}
      allOf:
        - title: the fine engine
          if: {required: [engine], properties: {engine: {const: fine}}}
          then:
            properties:
              sheets: {maximum: 2, x-if-violated: [refuse, coerce], x-clause: PX-05}
              strength: {x-upstream: {judged: false}}

    Album:
      type: object
      x-subject: answer
      x-clause: PX-11
      required: [drawn_at, album]
      properties:
        drawn_at: {type: integer, x-unix-time: {tolerance: 60}}
        album:
          type: object
          required: [pages]
          properties:
            pages:
              type: array
              x-clause: {"*": PX-11, x-length: PX-05}
              x-length: $request.body#/sheets
              items:
                type: object
                x-image: {size: $request.body#/canvas}
                x-clause: {"*": PX-11, x-image: PX-06}
                properties:
                  picture:
                    type: string
                    contentEncoding: base64
                    x-clause: PX-07
                    x-present-when: {"$request.body#/delivery": inline}
                  address:
                    type: string
                    x-clause: PX-07
                    x-present-when: {"$request.body#/delivery": link}
                  title: {type: string, x-mock: $request.body#/wish/words}
"""

UPSTREAM = """\
openapi: 3.1.0
info: {title: Engine, version: 1.0.0}
servers:
  - url: http://127.0.0.1:7001/engine/v2
security:
  - key: []
paths:
  /paint:
    post:
      operationId: paint
      x-protocol: dashscope
      x-images:
        count: $request.body#/settings/copies
        size: $request.body#/settings/area
        caption: $request.body#/job/brief/0/line
        variation: $request.body#/settings/dice
        signature: $request.body#/settings/signature
        shape: [$request.body#/job/tool, $request.body#/settings/avoid]
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [job]
              x-refusal: {message: That is no order.}
              properties:
                job:
                  type: object
                  required: [tool, kind, brief]
                  properties:
                    tool: {type: string, enum: [quick, fine]}
                    kind: {const: picture}
                    brief:
                      type: array
                      minItems: 1
                      maxItems: 1
                      items: {type: object, required: [line], properties: {line: {type: string}}}
                settings:
                  type: object
                  properties:
                    copies: {type: integer, minimum: 1, maximum: 4, default: 1}
                    area: {type: string, pattern: "^[1-9][0-9]*\\\\*[1-9][0-9]*$", default: 512*512}
                    dice: {type: integer, minimum: 0, maximum: 99}
                    force: {type: number, minimum: 0, maximum: 1.5}
                    inks: {type: array, items: {type: string}}
                    avoid: {type: string, maxLength: 40, x-if-violated: [truncate]}
                    signature: {type: boolean, default: false}
      responses:
        "200":
          description: Links.
          content:
            application/json:
              schema: {type: object, required: [output], properties: {output: {type: object}}}
        default:
          description: An error.
          content:
            application/json:
              schema: {type: object, properties: {code: {type: string}, message: {type: string}}}
components:
  securitySchemes:
    key: {type: http, scheme: bearer}
"""


def write_invented(folder: Path) -> Path:
    """Writes the contract and its upstream's document; the path is the contract's."""
    (folder / "engine.yaml").write_text(dedent(UPSTREAM), encoding="utf-8")
    path = folder / "paintbox.yaml"
    path.write_text(dedent(CONTRACT), encoding="utf-8")
    return path


def _call(body: Body) -> Json:
    wish, look = body["wish"], body.get("look", {})
    assert isinstance(wish, dict)
    assert isinstance(look, dict)
    settings: Body = {
        upstream: body[name]
        for name, upstream in (
            ("sheets", "copies"),
            ("chaos", "dice"),
            ("strength", "force"),
            ("unwanted", "avoid"),
            ("signed", "signature"),
        )
        if name in body
    }
    if "canvas" in body:
        settings["area"] = str(body["canvas"]).replace("x", "*")
    if "colours" in look:
        settings["inks"] = look["colours"]
    job: Body = {"tool": body["engine"], "kind": "picture", "brief": [{"line": wish["words"]}]}
    return {"job": job, "settings": settings}


PAINTBOX = Dialect(
    path="/studio/draw",
    upstream_path="/engine/v2/paint",
    call=_call,
    count="sheets",
    size="canvas",
    default_size="512*512",
    asked_by="delivery",
    image_fields={"link": "address", "inline": "picture"},
    answer=lambda pages: {"drawn_at": int(NOW), "album": {"pages": pages}},
    items="/album/pages",
)
