package fault_test

import (
	"errors"
	"testing"

	"ecoflow/app/fault"
)

func TestTogether(t *testing.T) {
	name := fault.New(fault.Invalid, "The name will not do.").WithCode("name").At("name", "is required")
	size := fault.New(fault.TooLarge, "It is too large.").At("size", "is too large").At("more", "as well")
	other := errors.New("a disk broke")
	if err := fault.Together(nil, nil); err != nil {
		t.Errorf("nothing is wrong: %v", err)
	}
	f, ok := fault.As(fault.Together(nil, name, nil, size))
	if !ok || f.Kind != fault.Invalid || f.Code != "name" || f.Message != name.Message || len(f.Places) != 3 {
		t.Errorf("%+v", f)
	}
	if len(name.Places) != 1 {
		t.Errorf("the first was changed: %+v", name)
	}
	if err := fault.Together(name, other, size); !errors.Is(err, other) {
		t.Errorf("an error of ours was hidden: %v", err)
	}
	if p := fault.Places(nil, name, other, size); len(p) != 3 || p[1].Path != "size" {
		t.Errorf("%+v", p)
	}
}
