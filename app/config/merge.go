package config

import (
	"encoding/json"

	"ecoflow/app/fault"
)

// merge returns the stored object with the members of change merged in.
func merge(stored, change []byte) ([]byte, error) {
	into, err := parse(or(stored))
	if err != nil {
		return nil, fault.New(fault.Conflict, "The stored settings cannot be read: %v.", err).WithCode("settings_damaged")
	}
	members, err := parse(change)
	if err != nil {
		return nil, fault.New(fault.Malformed, "The settings have to be a JSON object: %v.", err)
	}
	if into == nil {
		into = map[string]any{}
	}
	mergeInto(into, members)
	return json.Marshal(into)
}

func mergeInto(into, change map[string]any) {
	for key, v := range change {
		if v == nil {
			delete(into, key)
			continue
		}
		members, ok := v.(map[string]any)
		if !ok {
			into[key] = v
			continue
		}
		inner, ok := into[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			into[key] = inner
		}
		mergeInto(inner, members)
	}
}
