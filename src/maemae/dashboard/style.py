"""How the pages look: colours that are read in light and dark, one layout for desk and phone.

Every text has a contrast of 4.5 or more against what is behind it (WCAG 2.2, level AA), which
`tests/dashboard/test_contrast.py` measures on every page.
"""

from nicegui import ui

WIDE, NARROW = "wide", "narrow"
"""Classes of what only a desk shows, and of what only a phone shows."""

_STYLE = """
:root{--up:#c8102e;--down:#1558b0;--soft:#4b5563;--line:#d5d9df;--bar:#0001;
--nicegui-default-padding:12px}
.body--dark{--up:#ff7d8c;--down:#7db8ff;--soft:#b6bec9;--line:#3a424d;--bar:#fff2}
body{font-family:system-ui,"Noto Sans KR","Noto Sans CJK KR",sans-serif}
.nicegui-content{max-width:1500px;margin:0 auto;padding:12px;gap:12px;width:100%}
.venue-live{box-shadow:inset 0 0 0 6px #d6001c}
.badge{white-space:nowrap;font-weight:700;
padding:3px 10px;border-radius:8px;color:#fff;letter-spacing:.03em}
.badge-sim{background:#4b5563}
.badge-dry{background:#6d28d9}
.badge-paper{background:#1d4ed8}
.badge-live{background:#c2001a}
.gone{background:#c2001a;color:#fff;padding:3px 10px;border-radius:8px}
.pages{flex-wrap:nowrap}
.pages a{padding:6px 10px;border-radius:8px;text-decoration:none;color:#fff;white-space:nowrap}
.pages a:hover{background:#fff2}
.pages a.here{background:#fff3;font-weight:650}
.soft{color:var(--soft)}
.up{color:var(--up)}
.down{color:var(--down)}
.figures{display:flex;flex-wrap:wrap;align-items:flex-end;gap:6px 12px;width:100%;
border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.figure .k{font-size:.78rem;color:var(--soft)}
.figure .v{font-size:.95rem;font-weight:650;font-variant-numeric:tabular-nums}
.figure.today .v{font-size:1.5rem;line-height:1.2;white-space:nowrap}
.events{font-size:.87rem;font-variant-numeric:tabular-nums}
.nicegui-log.events *{white-space:pre-wrap;overflow-wrap:anywhere}
.number{font-variant-numeric:tabular-nums;white-space:nowrap}
.card{border:1px solid var(--line);border-radius:10px;padding:10px 12px;width:100%;gap:4px}
.way{height:6px;border-radius:3px;background:var(--bar);position:relative;width:100%}
.way i{position:absolute;top:-3px;width:4px;height:12px;border-radius:2px;background:currentColor}
.ladder{display:grid;grid-template-columns:1fr auto 1fr;gap:8px;width:100%;padding:1px 0}
.ladder>:first-child{text-align:right;padding-right:4px}
.ladder>:last-child{padding-left:4px}
.tape{display:grid;grid-template-columns:auto 1fr 1fr;gap:8px;width:100%;text-align:right}
.tape>:first-child{text-align:left}
@media (max-width:1259px){.pages{display:none}}
@media (min-width:1260px){.pages-menu{display:none}}
@media (max-width:600px){
.nicegui-content{padding:8px;gap:8px}.account,.brand{display:none}
.figures{display:grid;grid-template-columns:1fr 1fr;gap:6px 14px}
.figure.today,.figure.row{grid-column:1/-1}.figure.today .v{font-size:1.5rem}}
.nicegui-tab-panel{padding:0}
.q-btn{text-transform:none}
.question .q-btn{animation:asleep .5s step-end}
@keyframes asleep{from,to{pointer-events:none}}
.q-tab{text-transform:none}
.q-field__label,.q-field__native,.q-field__bottom{opacity:1}
.q-field__label{color:var(--soft)}
.ag-root-wrapper{--ag-header-text-color:inherit}
.ag-cell.up{color:var(--up)}
.ag-cell.down{color:var(--down)}
.ag-cell.buy{color:var(--up);font-weight:600}
.ag-cell.sell{color:var(--down);font-weight:600}
"""

_FORCED = """
@layer theme{
.body--dark .text-primary{color:#8ec1ff!important}
.body--dark .text-positive{color:#7ddc97!important}
.body--dark .text-negative{color:#ff9c9c!important}
.head{background:#1b2430!important;color:#fff}
.q-btn.buys{background:#c8102e!important;color:#fff!important}
.q-btn.sells{background:#1558b0!important;color:#fff!important}
.q-btn.solid-danger{background:#b00018!important;color:#fff!important}
.q-btn.solid{background:#1d5fb0!important;color:#fff!important}
.chart svg text{fill:var(--soft)!important}
@media (min-width:601px){.narrow{display:none!important}}
@media (max-width:600px){.wide{display:none!important}}
.q-btn-toggle .q-btn[aria-pressed=true]{background:#1d5fb0!important;color:#fff!important}
.side-buy .q-btn[aria-pressed=true]{background:#c8102e!important}
.side-sell .q-btn[aria-pressed=true]{background:#1558b0!important}
*:focus-visible{outline:3px solid #f59e0b!important;outline-offset:1px}
}
"""
"""What must win over Quasar: of rules that are `!important`, those of the first layer do."""


def apply_style() -> None:
    """Give the page being built its colours and layout."""
    ui.add_css(_STYLE + _FORCED)
    ui.colors(primary="#1d5fb0", positive="#17692f", negative="#b00018", warning="#f2c037")
