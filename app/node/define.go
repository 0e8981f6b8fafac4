package node

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ecoflow/app/template"
)

// Text is a String (or Code) input that may hold templates; a literal where the
// node's templates are off.
type Text = template.Text

// Option sets something of a Type that its struct cannot say.
type Option func(*Type)

// Ports names the ways out, in order; the first is the default one.
func Ports(ports ...Port) Option { return func(t *Type) { t.Ports = ports } }

// PortsFrom makes a port of each value of a ListBox input.
func PortsFrom(input string) Option { return func(t *Type) { t.PortsFrom = input } }

// Blocking marks a type that waits for something outside.
func Blocking() Option { return func(t *Type) { t.Blocking = true } }

// Catches makes an EventListener the taker of its flow's errors.
func Catches() Option { return func(t *Type) { t.Catches, t.MayRespond = true, true } }

// Callable makes an EventListener the place where other flows call its flow.
func Callable() Option { return func(t *Type) { t.Callable = true } }

// Loops names the port whose downstream nodes are a loop's body.
func Loops(port string) Option { return func(t *Type) { t.LoopPort = port } }

// Describe sets the sentence and the Markdown help of the type.
func Describe(sentence, docs string) Option {
	return func(t *Type) { t.Description, t.Docs = sentence, docs }
}

// Icon sets the Tabler icon name.
func Icon(name string) Option { return func(t *Type) { t.Icon = name } }

// Summary says what the second line of a node's card tells of its settings, in the
// words that people chose them by: "{value|msg} {operator} {other}". Braces hold an
// input, the first of several that says something, or the text after the bar; an
// input with ! says nothing while it has its default, one with / is the member of its
// JSON. What stands in brackets is left out when an input in it says nothing.
func Summary(line string) Option { return func(t *Type) { t.Summary = line } }

// Keywords are words that people who know other tools look for the node type by.
func Keywords(words ...string) Option { return func(t *Type) { t.Keywords = words } }

// Define makes a Type from a struct: its fields tagged `input:"name"` are the
// inputs, its other fields what it depends on, its methods what it does.
//
// Tags beside input: label, hint, required:"true", default, type (overrides the
// input type that the Go type chooses), language (of code), options
// ("a,b" or "a=Label,b=Label"), min, max, maxLength, unit, when, sorting,
// dynamic, advanced, value:"true" (a text that stands for any value, where a name
// without braces is a mistake). A broken declaration panics: it is found at start.
func Define[S any](name string, kind Kind, prototype S, options ...Option) Type {
	st := reflect.TypeFor[S]()
	if st.Kind() != reflect.Struct {
		panic(fmt.Sprintf("node %s: the prototype is no struct", name))
	}
	t := Type{Name: name, Kind: kind, MayRespond: kind == Request}
	var fields []field
	for i := range st.NumField() {
		sf := st.Field(i)
		input, ok := sf.Tag.Lookup("input")
		if !ok {
			continue
		}
		f := field{index: i, set: setters[sf.Type]}
		if f.set == nil {
			panic(fmt.Sprintf("node %s: input %s has the type %s, which no form edits", name, input, sf.Type))
		}
		f.input = declared(name, input, sf)
		fields = append(fields, f)
		t.Inputs = append(t.Inputs, f.input)
	}
	for _, o := range options {
		o(&t)
	}
	for _, part := range told.FindAllStringSubmatch(t.Summary, -1) {
		for said := range strings.SplitSeq(part[1], ",") {
			input, _, _ := strings.Cut(strings.TrimSuffix(said, "!"), "/")
			if !slices.ContainsFunc(t.Inputs, func(in Input) bool { return in.Name == input && in.Type != TypeHiddenString }) {
				panic(fmt.Sprintf("node %s: the summary tells of %s, which is no input to show", name, said))
			}
		}
	}
	if len(t.Ports) == 0 && kind.HasOutput() {
		t.Ports = []Port{{}}
	}
	fill := func(v Values) (*S, []Problem) {
		s := prototype
		var problems []Problem
		rv := reflect.ValueOf(&s).Elem()
		for _, f := range fields {
			given := f.input.Effective(v.Inputs[f.input.Name])
			if !shown(f.input.When, v.Inputs, t.Inputs) {
				continue
			}
			if given == nil {
				if f.input.Required {
					problems = append(problems, Problem{Input: f.input.Name, Message: label(f.input) + " is required.", Code: "required"})
				}
				continue
			}
			problems = append(problems, f.set(rv.Field(f.index), given, f.input, v.Templates)...)
		}
		return &s, problems
	}
	t.New = func(v Values) (Instance, []Problem) {
		s, problems := fill(v)
		if p, ok := any(s).(Preparer); ok && !hasError(problems) {
			problems = append(problems, p.Prepare(v)...)
		}
		return s, problems
	}
	t.Reads = func(i Instance) (all []Read) {
		s, ok := i.(*S)
		if !ok {
			return nil
		}
		rv := reflect.ValueOf(s).Elem()
		for _, f := range fields {
			if source, ok := rv.Field(f.index).Interface().(referrer); ok {
				all = append(all, ReadsOf(f.input.Name, source.References())...)
			}
		}
		if r, ok := i.(Reader); ok {
			all = append(all, r.Reads()...)
		}
		return all
	}
	if _, ok := any(&prototype).(chooser); ok {
		t.Choices = func(ctx context.Context, input string, v Values) ([]Choice, error) {
			s, _ := fill(v) // half-filled forms ask for options too
			return any(s).(chooser).Choices(ctx, input, v)
		}
	}
	return t
}

// told finds the inputs that a summary tells of.
var told = regexp.MustCompile(`\{([^|}]*)(?:\|[^}]*)?\}`)

// A referrer is the value of an input that knows the paths it reads.
type referrer interface{ References() []string }

// ReadsOf returns the environment variables among the paths that the templates or
// expressions of an input read.
func ReadsOf(input string, paths []string) (all []Read) {
	for _, path := range paths {
		if rest, ok := strings.CutPrefix(path, "env."); ok {
			name, _, _ := strings.Cut(rest, ".")
			all = append(all, Read{input, name})
		}
	}
	return all
}

type chooser interface {
	Choices(ctx context.Context, input string, v Values) ([]Choice, error)
}

type field struct {
	index int
	input Input
	set   setter
}

func hasError(problems []Problem) bool {
	for _, p := range problems {
		if !p.Warning {
			return true
		}
	}
	return false
}

func label(in Input) string {
	if in.Label != "" {
		return in.Label
	}
	return in.Name
}

// shown evaluates a When condition against the given values and defaults. An
// input that is not shown itself shows no other.
func shown(when string, given map[string]any, inputs []Input) bool {
	if when == "" {
		return true
	}
	name, wanted, _ := strings.Cut(when, "=")
	value, ok := given[name]
	for _, in := range inputs {
		if in.Name != name {
			continue
		}
		if !shown(in.When, given, inputs) {
			return false
		}
		if !ok || value == nil || value == "" {
			value = in.Default
		}
	}
	for option := range strings.SplitSeq(wanted, "|") {
		if fmt.Sprint(value) == option {
			return true
		}
	}
	return false
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		code, isCode := v["value"]
		return len(v) == 0 || isCode && (code == nil || code == "")
	}
	return false
}

var inputTypes = map[reflect.Type]InputType{
	reflect.TypeFor[string](): TypeString, reflect.TypeFor[Text](): TypeString,
	reflect.TypeFor[bool](): TypeToggle, reflect.TypeFor[float64](): TypeNumber,
	reflect.TypeFor[int](): TypeNumber, reflect.TypeFor[Pick](): TypeSelectPicker,
	reflect.TypeFor[Picks](): TypeCheckPicker, reflect.TypeFor[List](): TypeListBox,
	reflect.TypeFor[Method](): TypeMethods, reflect.TypeFor[Path](): TypeRoute,
	reflect.TypeFor[Secret](): TypeHiddenString, reflect.TypeFor[Span](): TypeRange,
	reflect.TypeFor[Moment](): TypeDateTime, reflect.TypeFor[Code](): TypeCode,
	reflect.TypeFor[Target](): TypeString, reflect.TypeFor[Expression](): TypeString,
}

func declared(node, name string, sf reflect.StructField) Input {
	tag := sf.Tag
	in := Input{
		Name: name, Label: tag.Get("label"), Hint: tag.Get("hint"), Type: inputTypes[sf.Type],
		Required: tag.Get("required") == "true", CodeLanguage: tag.Get("language"),
		Sorting: tag.Get("sorting") == "true", Dynamic: tag.Get("dynamic") == "true",
		ForValue: tag.Get("value") == "true",
		Advanced: tag.Get("advanced") == "true", Unit: tag.Get("unit"), When: tag.Get("when"),
		Templates: sf.Type == reflect.TypeFor[Text](),
	}
	if t := tag.Get("type"); t != "" {
		in.Type = InputType(t)
	}
	if sf.Type == reflect.TypeFor[Expression]() {
		in.CodeLanguage = "expression"
	}
	if in.Type == TypeCode && in.CodeLanguage == "" {
		in.CodeLanguage = "javascript"
	}
	for _, bound := range []struct {
		tag string
		to  **float64
	}{{"min", &in.Min}, {"max", &in.Max}} {
		if s := tag.Get(bound.tag); s != "" {
			n, err := strconv.ParseFloat(s, 64)
			if err != nil {
				panic(fmt.Sprintf("node %s: input %s: %s is no number: %v", node, name, bound.tag, err))
			}
			*bound.to = &n
		}
	}
	if s := tag.Get("maxLength"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			panic(fmt.Sprintf("node %s: input %s: maxLength is no number: %v", node, name, err))
		}
		in.MaxLength = n
	}
	if s := tag.Get("options"); s != "" {
		for option := range strings.SplitSeq(s, ",") {
			value, shown, ok := strings.Cut(option, "=")
			if !ok {
				shown = value
			}
			in.Options = append(in.Options, Choice{Label: shown, Value: value})
		}
		switch in.Type {
		case TypeMethods:
			for _, o := range in.Options {
				in.Methods = append(in.Methods, o.Value)
			}
			in.Options = nil
		case TypeRadio:
			for _, o := range in.Options {
				in.RadioValues = append(in.RadioValues, o.Value)
			}
			in.Options = nil
		}
	}
	if s, ok := tag.Lookup("default"); ok {
		in.Default = defaultOf(sf.Type, in, s)
	}
	return in
}

func defaultOf(t reflect.Type, in Input, s string) any {
	switch t {
	case reflect.TypeFor[bool]():
		return s == "true"
	case reflect.TypeFor[float64](), reflect.TypeFor[int]():
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			panic(fmt.Sprintf("input %s: the default %q is no number", in.Name, s))
		}
		return n
	case reflect.TypeFor[Picks](), reflect.TypeFor[List]():
		list := []any{}
		for v := range strings.SplitSeq(s, ",") {
			list = append(list, v)
		}
		return list
	case reflect.TypeFor[Span]():
		start, end, _ := strings.Cut(s, "..")
		a, err1 := strconv.ParseFloat(start, 64)
		b, err2 := strconv.ParseFloat(end, 64)
		if err1 != nil || err2 != nil {
			panic(fmt.Sprintf("input %s: the default %q is no range like 0..10", in.Name, s))
		}
		return map[string]any{"start": a, "end": b}
	case reflect.TypeFor[Code]():
		return map[string]any{"value": s, "validate": true}
	}
	return s
}

// A setter stores a wire value in a field, or says what is wrong with it.
type setter func(dst reflect.Value, given any, in Input, templates bool) []Problem

var setters map[reflect.Type]setter

func init() { // breaks the cycle between the table and what it names
	setters = map[reflect.Type]setter{
		reflect.TypeFor[string]():  setString,
		reflect.TypeFor[Secret]():  setString,
		reflect.TypeFor[Path]():    setString,
		reflect.TypeFor[Method]():  setMethod,
		reflect.TypeFor[Pick]():    setPick,
		reflect.TypeFor[Text]():    setText,
		reflect.TypeFor[bool]():    setBool,
		reflect.TypeFor[float64](): setNumber,
		reflect.TypeFor[int]():     setNumber,
		reflect.TypeFor[Picks]():   setList,
		reflect.TypeFor[List]():    setList,
		reflect.TypeFor[Span]():    setSpan,
		reflect.TypeFor[Moment]():  setMoment,
		reflect.TypeFor[Code]():    setCode,

		reflect.TypeFor[Target]():     setTarget,
		reflect.TypeFor[Expression](): setExpression,
	}
}

func wrong(in Input, code, format string, args ...any) []Problem {
	return []Problem{{Input: in.Name, Code: code, Message: label(in) + " " + fmt.Sprintf(format, args...)}}
}

// text reads a value that the form keeps as text; numbers count as their text.
func text(given any) (string, bool) {
	switch v := given.(type) {
	case string:
		return v, true
	case bool, float64, int, int64:
		return fmt.Sprint(v), true
	case fmt.Stringer: // exact numbers of the decoder
		return v.String(), true
	case map[string]any: // a code value where text is asked for
		s, ok := v["value"].(string)
		return s, ok
	}
	return "", false
}

func setString(dst reflect.Value, given any, in Input, _ bool) []Problem {
	s, ok := text(given)
	if !ok {
		return wrong(in, "type", "has to be text.")
	}
	if in.MaxLength > 0 && len([]rune(s)) > in.MaxLength {
		return wrong(in, "too_long", "may have %d characters at most.", in.MaxLength)
	}
	dst.SetString(s)
	return nil
}

func setMethod(dst reflect.Value, given any, in Input, _ bool) []Problem {
	s, ok := text(given)
	s = strings.ToUpper(strings.TrimSpace(s))
	if !ok {
		return wrong(in, "type", "has to be text.")
	}
	for _, m := range in.Methods {
		if m == s {
			dst.SetString(s)
			return nil
		}
	}
	return wrong(in, "unknown_option", "is none of %s.", strings.Join(in.Methods, ", "))
}

func setPick(dst reflect.Value, given any, in Input, _ bool) []Problem {
	s, ok := text(given)
	if !ok {
		return wrong(in, "type", "has to be one of the options.")
	}
	if len(in.Options) > 0 && !in.Dynamic {
		for _, o := range in.Options {
			if o.Value == s {
				dst.SetString(s)
				return nil
			}
		}
		return wrong(in, "unknown_option", "has no option %q.", s)
	}
	dst.SetString(s)
	return nil
}

func setText(dst reflect.Value, given any, in Input, templates bool) []Problem {
	s, ok := text(given)
	if !ok {
		return wrong(in, "type", "has to be text.")
	}
	if in.MaxLength > 0 && len([]rune(s)) > in.MaxLength {
		return wrong(in, "too_long", "may have %d characters at most.", in.MaxLength)
	}
	if !templates {
		dst.Set(reflect.ValueOf(template.Literal(s)))
		return nil
	}
	t, err := template.Compile(s)
	if err != nil {
		p := wrong(in, "template", "holds a template that does not compile: %s", err.Message)
		p[0].Line, p[0].Column = err.Line, err.Column
		return p
	}
	dst.Set(reflect.ValueOf(t))
	if in.ForValue && named.MatchString(s) {
		return []Problem{{Input: in.Name, Code: "plain_text", Warning: true, Message: fmt.Sprintf("%s is the text %s itself. For the value of that name write {{ %s }}.", label(in), s, s)}}
	}
	return nil
}

// named is a text that looks like the name of a value: msg.lines, params.id, item.
var named = regexp.MustCompile(`^(?:` + strings.Join(template.Roots, "|") + `)(?:\.\w+|\[\d+\])*$`)

func setTarget(dst reflect.Value, given any, in Input, _ bool) []Problem {
	s, ok := text(given)
	if !ok {
		return wrong(in, "type", "has to be text.")
	}
	target, err := TargetOf(s)
	if err != nil {
		return wrong(in, "path", "leads nowhere: %v.", err)
	}
	dst.Set(reflect.ValueOf(target))
	return nil
}

func setExpression(dst reflect.Value, given any, in Input, _ bool) []Problem {
	s, ok := text(given)
	if !ok {
		return wrong(in, "type", "has to be an expression.")
	}
	e, err := template.CompileExpression(s)
	if err != nil {
		p := wrong(in, "expression", "is an expression that does not compile: %s", err.Message)
		p[0].Line, p[0].Column = err.Line, err.Column
		return p
	}
	dst.Set(reflect.ValueOf(Expression{e}))
	return nil
}

func setBool(dst reflect.Value, given any, in Input, _ bool) []Problem {
	switch v := given.(type) {
	case bool:
		dst.SetBool(v)
	case string:
		b, err := strconv.ParseBool(v)
		if err != nil {
			return wrong(in, "type", "has to be on or off.")
		}
		dst.SetBool(b)
	default:
		return wrong(in, "type", "has to be on or off.")
	}
	return nil
}

func number(given any) (float64, bool) {
	s, ok := text(given)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

func setNumber(dst reflect.Value, given any, in Input, _ bool) []Problem {
	n, ok := number(given)
	if !ok {
		return wrong(in, "type", "has to be a number.")
	}
	if in.Min != nil && n < *in.Min {
		return wrong(in, "too_small", "has to be %v or more.", *in.Min)
	}
	if in.Max != nil && n > *in.Max {
		return wrong(in, "too_large", "has to be %v or less.", *in.Max)
	}
	if dst.CanInt() {
		if n != math.Trunc(n) {
			return wrong(in, "type", "has to be a whole number.")
		}
		dst.SetInt(int64(n))
		return nil
	}
	dst.SetFloat(n)
	return nil
}

func setList(dst reflect.Value, given any, in Input, _ bool) []Problem {
	list, ok := given.([]any)
	if !ok {
		return wrong(in, "type", "has to be a list.")
	}
	values := reflect.MakeSlice(dst.Type(), 0, len(list))
	for i, item := range list {
		s, ok := text(item)
		if !ok {
			return wrong(in, "type", "has an entry that is not text, at position %d.", i+1)
		}
		values = reflect.Append(values, reflect.ValueOf(s))
	}
	dst.Set(values)
	return nil
}

func setSpan(dst reflect.Value, given any, in Input, _ bool) []Problem {
	m, ok := given.(map[string]any)
	if !ok {
		return wrong(in, "type", "has to be a range with a start and an end.")
	}
	start, ok1 := number(m["start"])
	end, ok2 := number(m["end"])
	if !ok1 || !ok2 {
		return wrong(in, "type", "has to be a range with a start and an end, both numbers.")
	}
	dst.Set(reflect.ValueOf(Span{Start: start, End: end}))
	return nil
}

var momentLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02", "15:04:05", "15:04"}

func setMoment(dst reflect.Value, given any, in Input, _ bool) []Problem {
	s, ok := given.(string)
	if !ok {
		return wrong(in, "type", "has to be a date or a time.")
	}
	for _, layout := range momentLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			dst.Set(reflect.ValueOf(Moment{t}))
			return nil
		}
	}
	return wrong(in, "type", "is no date or time like 2026-11-23T10:00:00Z.")
}

func setCode(dst reflect.Value, given any, in Input, _ bool) []Problem {
	code := Code{Valid: true}
	switch v := given.(type) {
	case string:
		code.Text = v
	case map[string]any:
		s, ok := v["value"].(string)
		if !ok {
			return wrong(in, "type", "has to be code.")
		}
		code.Text = s
		if valid, ok := v["validate"].(bool); ok {
			code.Valid = valid
		}
	default:
		return wrong(in, "type", "has to be code.")
	}
	dst.Set(reflect.ValueOf(code))
	return nil
}
