// The code editor: CodeMirror as a field of a form. Loaded when a node with code
// or templates is first shown; each language comes by itself.

import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
  pickedCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  indentOnInput,
  indentUnit,
  type LanguageSupport,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import {
  Annotation,
  Compartment,
  EditorState,
  type Extension,
  Transaction,
  type TransactionSpec,
} from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
  MatchDecorator,
  placeholder,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { useEffect, useRef } from "react";
import { styleNonce } from "../../app/nonce";
import { openTemplate, type Sample, type Suggestions, suggest, type Word } from "../completion";
import type { Finding } from "../field";
import { codeColours, editorLooks } from "./looks";

export interface CodeEditorProps {
  value: string;
  /** "javascript", "json", "expression"; others are plain text. */
  language: string;
  /** One line that wraps: a text field with completion. */
  isSingle: boolean;
  takesTemplates: boolean;
  names: Sample;
  /** What expressions can call. */
  functions: readonly Word[];
  findings: readonly Finding[];
  isLocked: boolean;
  placeholder: string;
  attributes: Record<string, string>;
  onChange: (text: string) => void;
}

const languages: Record<string, () => Promise<LanguageSupport>> = {
  javascript: () => import("@codemirror/lang-javascript").then((m) => m.javascript()),
  json: () => import("@codemirror/lang-json").then((m) => m.json()),
};

// Marks a change that came from outside and is not to be told back.
const External = Annotation.define<boolean>();

/** How long Tab leaves the editor after Esc, in ms. */
const LEAVING = 2000;

export function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const parts = useRef({ language: new Compartment(), attributes: new Compartment(), locked: new Compartment() });

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; the effects below keep it in step
  useEffect(() => {
    const { language, attributes, locked } = parts.current;
    // One list for all calls: a source is known by its identity.
    const completions = [{ autocomplete: (c: CompletionContext) => complete(c, latest.current) }];
    const made = new EditorView({
      parent: host.current ?? document.body,
      state: EditorState.create({
        doc: props.value,
        extensions: [
          EditorView.cspNonce.of(styleNonce),
          editorLooks,
          syntaxHighlighting(codeColours),
          history(),
          drawSelection(),
          typingOverSelection,
          EditorView.lineWrapping,
          closeBrackets(),
          autocompletion({ icons: false, activateOnTypingDelay: 50 }),
          EditorState.languageData.of(() => completions),
          props.isSingle ? oneLine : manyLines,
          placeholder(props.placeholder),
          props.takesTemplates ? templateMarks : [],
          language.of([]),
          attributes.of([]),
          locked.of([]),
          EditorView.updateListener.of((u) => {
            if (u.docChanged && !u.transactions.some((tr) => tr.annotation(External)))
              latest.current.onChange(u.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    void languages[props.language]?.().then((support) => {
      if (view.current === made) made.dispatch({ effects: language.reconfigure(support) });
    });
    return () => {
      view.current = undefined;
      made.destroy();
    };
  }, []);

  useEffect(() => {
    const v = view.current;
    if (v && v.state.doc.toString() !== props.value) v.dispatch(replacement(v.state, props.value));
  }, [props.value]);

  const attributes = JSON.stringify(props.attributes);
  useEffect(() => {
    view.current?.dispatch({
      effects: parts.current.attributes.reconfigure(EditorView.contentAttributes.of(JSON.parse(attributes))),
    });
  }, [attributes]);

  useEffect(() => {
    view.current?.dispatch({
      effects: parts.current.locked.reconfigure([
        EditorState.readOnly.of(props.isLocked),
        EditorView.contentAttributes.of(props.isLocked ? { "aria-readonly": "true" } : {}),
      ]),
    });
  }, [props.isLocked]);

  const findings = JSON.stringify(props.findings.filter((f) => f.line));
  useEffect(() => {
    const v = view.current;
    if (v)
      v.dispatch(
        setDiagnostics(
          v.state,
          (JSON.parse(findings) as Finding[]).map((f) => diagnostic(v.state, f)),
        ),
      );
  }, [findings]);

  return <div ref={host} />;
}

// Only what differs is replaced, so that the cursor stays where it is.
function replacement(state: EditorState, next: string): TransactionSpec {
  const now = state.doc.toString();
  let from = 0;
  while (from < now.length && from < next.length && now[from] === next[from]) from++;
  let end = 0;
  while (
    end < now.length - from &&
    end < next.length - from &&
    now[now.length - 1 - end] === next[next.length - 1 - end]
  )
    end++;
  return {
    changes: { from, to: now.length - end, insert: next.slice(from, next.length - end) },
    annotations: [External.of(true), Transaction.addToHistory.of(false)],
  };
}

// Chromium keeps the look of coloured text that is typed over by an inline style,
// which the page's policy refuses and reports: so the editor replaces it itself.
const typingOverSelection = EditorView.domEventHandlers({
  beforeinput(e, v) {
    const { from, to, empty } = v.state.selection.main;
    const { data: text } = e;
    if (empty || e.inputType !== "insertText" || text === null || e.isComposing || v.state.readOnly) return false;
    const insert = (): Transaction =>
      v.state.update({
        changes: { from, to, insert: text },
        selection: { anchor: from + text.length },
        userEvent: "input.type",
        scrollIntoView: true,
      });
    if (!v.state.facet(EditorView.inputHandler).some((handle) => handle(v, from, to, text, insert)))
      v.dispatch(insert());
    return true;
  },
});

function diagnostic(state: EditorState, f: Finding): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(f.line ?? 1, 1), state.doc.lines));
  const from = Math.min(line.from + Math.max((f.column ?? 1) - 1, 0), line.to);
  const word = state.wordAt(from);
  return {
    from,
    to: Math.max(word?.to ?? from, Math.min(from + 1, line.to)),
    severity: f.warning ? "warning" : "error",
    message: f.message,
  };
}

function complete(context: CompletionContext, p: CodeEditorProps): CompletionResult | null {
  const before = context.state.sliceDoc(Math.max(0, context.pos - 2000), context.pos);
  const isWhole = p.language === "expression" || p.language === "javascript";
  const start = isWhole ? 0 : p.takesTemplates ? openTemplate(before) : undefined;
  if (start === undefined) return null;
  const expression = before.slice(start);
  const found = suggest(expression, p.names);
  if (!found) return null;
  // Unasked the list comes up after {{, a letter or a dot, not on every space.
  const typed = expression.length - found.from;
  const isOpening = !isWhole && expression.trim() === "";
  if (!context.explicit && typed === 0 && !isOpening && !expression.endsWith(".")) return null;
  const isRoot = !/[.\]]\s*$/.test(expression.slice(0, found.from));
  const calls = p.language === "javascript" || !isRoot ? [] : p.functions.map(call);
  return { from: context.pos - typed, options: [...found.options.map(option), ...calls], validFor: /^[\w$]*$/ };
}

function call({ name, example }: Word): Completion {
  return { label: name, detail: example, type: "function", apply: `${name}(`, boost: -1 };
}

function option(s: Suggestions["options"][number]): Completion {
  const { instead } = s;
  return {
    label: s.label,
    detail: s.detail,
    type: "variable",
    ...(instead === undefined
      ? {}
      : {
          apply: (v: EditorView, c: Completion, from: number, to: number) =>
            v.dispatch({
              changes: { from: from - 1, to, insert: instead },
              selection: { anchor: from - 1 + instead.length },
              annotations: pickedCompletion.of(c),
            }),
        }),
  };
}

const templates = new MatchDecorator({
  regexp: /(?<!\\)\{\{.*?\}\}/g,
  decoration: Decoration.mark({ class: "cm-template" }),
});

const templateMarks = ViewPlugin.fromClass(
  class {
    decorations;
    constructor(v: EditorView) {
      this.decorations = templates.createDeco(v);
    }
    update(u: ViewUpdate): void {
      this.decorations = templates.updateDeco(u, this.decorations);
    }
  },
  { decorations: (p) => p.decorations },
);

// Keys of the page keep their meaning here: Mod+Enter reviews, Mod+S saves, Esc leads back.
const ofThePage = new Set(["Mod-Enter", "Escape", "Mod-i"]);
const keys = defaultKeymap.filter((k) => !ofThePage.has(k.key ?? ""));

const oneLine: Extension = [
  EditorView.contentAttributes.of({ "aria-multiline": "false" }),
  keymap.of([
    ...closeBracketsKeymap,
    ...completionKeymap,
    ...historyKeymap,
    { key: "Enter", run: () => true },
    ...keys,
  ]),
];

const manyLines: Extension = [
  lineNumbers(),
  lintGutter(),
  highlightActiveLine(),
  bracketMatching(),
  indentOnInput(),
  indentUnit.of("  "),
  EditorState.tabSize.of(2),
  EditorView.contentAttributes.of({ spellcheck: "false" }),
  keymap.of([
    ...closeBracketsKeymap,
    ...completionKeymap,
    {
      key: "Escape",
      // The first Esc frees Tab for a while, the second one is the page's.
      run: (v) => {
        if (completionStatus(v.state) !== null || v.dom.dataset.leaving) return false;
        v.dom.dataset.leaving = "true";
        v.setTabFocusMode(LEAVING);
        setTimeout(() => delete v.dom.dataset.leaving, LEAVING);
        return true;
      },
    },
    indentWithTab,
    ...historyKeymap,
    ...keys,
  ]),
];
