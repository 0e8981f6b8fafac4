package node

import "time"

// InputType chooses the editor of an input; the names are the original's.
type InputType string

// The input types.
const (
	TypeRoute        InputType = "Route"
	TypeDBSelector   InputType = "DB_Selector"
	TypeMethods      InputType = "Methods"
	TypeCode         InputType = "Code"
	TypeToggle       InputType = "Toggle"
	TypeDate         InputType = "Date"
	TypeTime         InputType = "Time"
	TypeDateTime     InputType = "DateTime"
	TypeNumber       InputType = "Number"
	TypeString       InputType = "String"
	TypeHiddenString InputType = "HiddenString"
	TypeCheckPicker  InputType = "CheckPicker"
	TypeSelectPicker InputType = "SelectPicker"
	TypeCheckbox     InputType = "Checkbox"
	TypeRadio        InputType = "Radio"
	TypeRange        InputType = "Range"
	TypeListBox      InputType = "ListBox"
)

// Choice is one option of a picker.
type Choice struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Input is one field of a node type's form, in the original's wire names.
type Input struct {
	Name         string    `json:"name"`
	Label        string    `json:"label"`
	Type         InputType `json:"type"`
	Hint         string    `json:"hint,omitempty"`
	Required     bool      `json:"required,omitempty"`
	CodeLanguage string    `json:"codeLanguage,omitempty"`
	Methods      []string  `json:"methods,omitempty"`
	RadioValues  []string  `json:"radioValues,omitempty"`
	Options      []Choice  `json:"pickerOptions,omitempty"`
	Sorting      bool      `json:"listBoxSorting,omitempty"`
	Default      any       `json:"defaultValue,omitempty"`
	// Ours, beside the original's:
	Templates bool     `json:"templates,omitempty"` // takes {{ … }} where the node has them on
	Dynamic   bool     `json:"dynamic,omitempty"`   // options come from the options endpoint
	ForValue  bool     `json:"-"`                   // a text that stands for a value of any kind, as {{ msg.list }} does
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	MaxLength int      `json:"maxLength,omitempty"` // characters
	Unit      string   `json:"unit,omitempty"`
	// When shows the input only while another holds a value: "mode=direct".
	When string `json:"when,omitempty"`
	// Advanced inputs are folded away.
	Advanced bool `json:"advanced,omitempty"`
}

// Effective is what counts for the input where v is given: the default where v says
// nothing, and nil for whatever is empty.
func (in Input) Effective(v any) any {
	if v == nil || v == "" {
		v = in.Default
	}
	if isEmpty(v) {
		return nil
	}
	return v
}

// The Go types of a node struct's input fields. Plain string, bool, float64 and
// int are a String, Toggle, Number and whole Number input.
type (
	// Pick is a SelectPicker's value.
	Pick string
	// Picks is a CheckPicker's values.
	Picks []string
	// List is a ListBox's values.
	List []string
	// Method is a Methods input's value, upper case.
	Method string
	// Path is a Route input's value.
	Path string
	// Secret is a HiddenString's value; it prints as "***".
	Secret string
	// Span is a Range input's value.
	Span struct{ Start, End float64 }
	// Moment is a Date, Time or DateTime input's value (tag type:"Date").
	Moment struct{ time.Time }
	// Code is a Code input's value; Valid is false where the editor found it
	// broken, and the node then uses its default.
	Code struct {
		Text  string
		Valid bool
	}
)

// String hides the secret from every formatter.
func (Secret) String() string { return "***" }
