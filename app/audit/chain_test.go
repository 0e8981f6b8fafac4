package audit_test

import (
	"bytes"
	"testing"
	"time"

	"ecoflow/app/audit"
)

// Two lists of fields never sign alike, however their text is shared out.
func TestSignTellsFieldsApart(t *testing.T) {
	key := []byte("key")
	at := time.UnixMilli(5)
	records := []audit.Record{
		{ID: 1, Time: at},
		{ID: 1, Time: at, Actor: "ab"},
		{ID: 1, Time: at, Actor: "a", Address: "b"},
		{ID: 1, Time: at, Address: "ab"},
		{ID: 1, Time: at, Before: []byte("ab")},
		{ID: 1, Time: at, After: []byte("ab")},
		{ID: 1, Time: at, RequestID: "ab"},
		{ID: 2, Time: at, Actor: "ab"},
		{ID: 1, Time: at.Add(time.Millisecond), Actor: "ab"},
		{ID: 1, Time: at, Actor: "ab", Key: 1},
	}
	var seen [][]byte
	for _, r := range records {
		for _, before := range [][]byte{nil, []byte("b")} {
			mac := r.Sign(key, before)
			for _, other := range append(seen, r.Sign([]byte("other"), before)) {
				if bytes.Equal(mac, other) {
					t.Errorf("%+v signs like another", r)
				}
			}
			seen = append(seen, mac)
		}
	}
}

func TestLineOfNobody(t *testing.T) {
	r := audit.Record{ID: 7, Time: time.Date(2026, 2, 3, 4, 5, 6, 7e6, time.UTC), Message: "Wrong password", Type: audit.Warning}
	if l := r.Line(); l.User != "SYSTEM_LOG" || l.Time != "2026-02-03T04:05:06.007Z" || l.ID != 7 {
		t.Errorf("got %+v", l)
	}
}

func TestListOfBreaksIsBounded(t *testing.T) {
	c := audit.NewChecker(map[int64][]byte{1: []byte("key")})
	for id := range int64(1000) {
		c.Next(audit.Record{ID: id + 1, Key: 1, MAC: []byte("wrong")})
	}
	if v := c.End(nil); v.Broken != 1001 || len(v.Breaks) != 100 || v.Sound() {
		t.Errorf("%d broken, %d listed", v.Broken, len(v.Breaks))
	}
}
