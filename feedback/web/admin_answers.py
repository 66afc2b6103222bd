"""National templates of answers, as an administrator keeps them."""

from __future__ import annotations

from feedback.web import answer_templates
from feedback.web.admin_frame import blueprint, only

answer_templates.mount(
    blueprint, "/admin", "admin/frame.html", list, national=True, guard=only("admin")
)
