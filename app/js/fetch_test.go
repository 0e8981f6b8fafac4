package js

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestFetch(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-time.After(time.Minute):
			}
		case "/moved":
			http.Redirect(w, r, "/echo", http.StatusFound)
		case "/bytes":
			_, _ = w.Write([]byte{0, 255, 1})
		default:
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Answer", "yes")
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprintf(w, `{"method": %q, "type": %q, "auth": %q, "body": %q}`, r.Method, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), body)
		}
	}))
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	e := engine(t, Options{HTTP: client})
	for source, want := range map[string]string{
		"const r = await fetch(base + '/echo'); return [r.ok, r.status, r.headers.get('x-answer'), (await r.json()).method, r.bodyUsed]":                           `[true,202,"yes","GET",true]`,
		"const r = await fetch(base + '/echo', { method: 'post', headers: { Authorization: 'Bearer x' }, body: JSON.stringify({ a: 1 }) }); return await r.json()": `{"method":"POST","type":"text/plain;charset=UTF-8","auth":"Bearer x","body":"{\"a\":1}"}`,
		"return (await (await fetch(base, { method: 'PUT', body: new URLSearchParams({ a: 'b c' }) })).json()).body":                                               `"a=b+c"`,
		"const r = await fetch(base + '/bytes'); return [...new Uint8Array(await r.arrayBuffer())]":                                                                "[0,255,1]",
		"const r = await fetch(new URL('/moved', base)); return [r.redirected, new URL(r.url).pathname]":                                                           `[true,"/echo"]`,
		"return (await fetch(base + '/moved', { redirect: 'manual' })).status":                                                                                     "302",
		"try { await fetch(base + '/moved', { redirect: 'error' }) } catch (e) { return [e.name, e.message] }":                                                     `["TypeError","fetch failed: the answer redirects"]`,
		"const c = new AbortController(); setTimeout(() => c.abort(), 5); try { await fetch(base + '/slow', { signal: c.signal }) } catch (e) { return e.name }":   `"AbortError"`,
		"try { await fetch(base + '/slow', { signal: AbortSignal.timeout(5) }) } catch (e) { return e.name }":                                                      `"TimeoutError"`,
		"try { await fetch('file:///etc/hosts') } catch (e) { return e.name }":                                                                                     `"TypeError"`,
		"try { await fetch(base, { headers: { 'x-a': 'b\\r\\nc: d' } }) } catch (e) { return e.message }":                                                          `"Invalid header value"`,
		"return (await Promise.all([1, 2, 3].map(() => fetch(base)))).map(r => r.status)":                                                                          "[202,202,202]",
	} {
		check(t, e, "const base = '"+server.URL+"';"+source, "{}", want)
	}
	// A run whose time is over gives its request up.
	l, p := lease(t, e, Run{}, "{}")
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if err := l.Call(ctx, compile(t, e, "await fetch('"+server.URL+"/slow')"), p); err == nil || !strings.Contains(err.Error(), "time was over") {
		t.Errorf("got %v", err)
	}
}
