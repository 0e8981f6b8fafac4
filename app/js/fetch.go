package js

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/dop251/goja"

	"ecoflow/app/fault"
)

// mostFetches bounds the requests that one call may have under way.
const mostFetches = 32

// fetch sends a request: method, address, headers as pairs, the bytes of a body
// or null, and what to do about redirects. It returns a promise of the answer
// and a function that gives it up with a reason.
func (m *machine) fetch(c goja.FunctionCall) goja.Value {
	client := m.engine.options.HTTP
	if client == nil {
		m.must(m.typeError("fetch is not available here"))
	}
	if m.call == nil {
		m.must(m.typeError("fetch needs a run"))
	}
	run := m.call
	if run.fetching >= mostFetches {
		m.tooMuch("More than %d requests at once are too many", mostFetches)
	}
	var body io.Reader
	if !goja.IsNull(c.Argument(3)) {
		body = bytes.NewReader(slices.Clone(m.bytesArgument(c.Argument(3))))
	}
	ctx, cancel := context.WithCancel(run.begin())
	run.fetching++
	over := false
	promise, resolve, reject := m.vm.NewPromise()
	// end settles the promise once, in a turn.
	end := func(settle func() error) error {
		if over {
			return nil
		}
		over = true
		run.jobs--
		run.fetching--
		cancel()
		return settle()
	}
	request, err := http.NewRequestWithContext(ctx, c.Argument(0).String(), c.Argument(1).String(), body)
	if err == nil && request.URL.Scheme != "http" && request.URL.Scheme != "https" {
		err = errScheme
	}
	if err != nil {
		_ = end(func() error { return reject(m.vm.NewTypeError("fetch failed: %s", err)) })
		return m.vm.NewArray(m.vm.ToValue(promise), goja.Undefined())
	}
	pairs := c.Argument(2).(*goja.Object)
	for _, key := range pairs.Keys() {
		pair := pairs.Get(key).(*goja.Object)
		request.Header.Add(pair.Get("0").String(), pair.Get("1").String())
	}
	request.Header.Del("Host") // the address decides
	redirects := c.Argument(4).String()
	fault.Go(m.engine.options.Log, "fetch", func() {
		a, err := receive(client, request, redirects)
		run.post(func() error {
			return end(func() error {
				if err != nil {
					return reject(m.vm.NewTypeError("fetch failed: %s", unwrapped(err)))
				}
				return resolve(m.answer(a))
			})
		})
	})
	give := m.vm.ToValue(func(c goja.FunctionCall) goja.Value {
		m.must(end(func() error { return reject(c.Argument(0)) }))
		return goja.Undefined()
	})
	return m.vm.NewArray(m.vm.ToValue(promise), give)
}

var errScheme = errors.New("the scheme is neither http nor https")

// unwrapped is an error's sentence without what the HTTP client says around it.
func unwrapped(err error) string {
	text := err.Error()
	if i := strings.Index(text, "\": "); i >= 0 {
		return text[i+3:]
	}
	return text
}

// received is an answer that has come in whole; its size is the client's affair.
type received struct {
	response   *http.Response
	body       []byte
	redirected bool
}

func receive(client *http.Client, r *http.Request, redirects string) (*received, error) {
	first := r.URL.String()
	own := *client
	switch redirects {
	case "manual":
		own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	case "error":
		own.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("the answer redirects") }
	}
	res, err := own.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &received{response: res, body: b, redirected: res.Request.URL.String() != first}, nil
}

// answer is what the prelude makes a Response of.
func (m *machine) answer(a *received) *goja.Object {
	o := m.vm.NewObject()
	m.put(o, "status", m.vm.ToValue(a.response.StatusCode))
	_, text, _ := strings.Cut(a.response.Status, " ")
	m.put(o, "statusText", m.vm.ToValue(text))
	m.put(o, "url", m.vm.ToValue(a.response.Request.URL.String()))
	m.put(o, "redirected", m.vm.ToValue(a.redirected))
	var pairs []any
	for _, name := range sortedNames(a.response.Header) {
		pairs = append(pairs, m.vm.NewArray(name, strings.Join(a.response.Header[name], ", ")))
	}
	m.put(o, "headers", m.vm.NewArray(pairs...))
	m.put(o, "body", m.bytes(a.body))
	return o
}

// bodyBytes copies the bytes of an ArrayBuffer or typed array.
func (m *machine) bodyBytes(c goja.FunctionCall) goja.Value {
	return m.bytes(slices.Clone(m.bytesArgument(c.Argument(0))))
}
