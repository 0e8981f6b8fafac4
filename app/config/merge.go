package config

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
