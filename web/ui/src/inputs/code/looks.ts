import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The editor in the product's colours; tokens follow the theme by themselves. */
export const editorLooks = EditorView.theme({
  "&": {
    border: "1px solid var(--control)",
    borderRadius: "var(--radius-control)",
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    fontSize: "12px",
    minHeight: "var(--code-height)",
    maxHeight: "60vh",
  },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "1px" },
  ".cm-scroller": { overflow: "auto", fontFamily: "var(--mono)", lineHeight: "18px" },
  ".cm-content": { minHeight: "calc(var(--code-height) - 2px)", padding: "6px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 8px" },
  ".cm-placeholder": { color: "var(--muted)" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--primary) 28%, transparent)",
  },
  ".cm-gutters": {
    border: "0",
    borderStartStartRadius: "var(--radius-control)",
    borderEndStartRadius: "var(--radius-control)",
    backgroundColor: "var(--sunken)",
    color: "var(--muted)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--sunken) 60%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--soft)", outline: "1px solid var(--control)" },
  ".cm-template": { borderRadius: "2px", backgroundColor: "var(--soft)", color: "var(--link)" },
  ".cm-tooltip": {
    border: "1px solid var(--border)",
    borderRadius: "var(--radius-control)",
    backgroundColor: "var(--surface)",
    boxShadow: "var(--shadow)",
    color: "var(--text)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "240px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", lineHeight: "20px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--soft)",
    color: "var(--text)",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-completionDetail": { marginLeft: "12px", color: "var(--muted)", fontStyle: "normal" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--danger-text)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warning-text)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--danger-text)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warning-text)" },
});

export const codeColours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--method-patch)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--success-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--info-text)" },
  { tag: [tags.comment], color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--link)" },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--text2)" },
  { tag: [tags.invalid], color: "var(--danger-text)" },
]);
