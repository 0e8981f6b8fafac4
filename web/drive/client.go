package drive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"time"
)

// Client is a browser or script that talks to a program: it keeps cookies.
type Client struct {
	Base   string // the program's address
	Header http.Header
	HTTP   *http.Client
}

// Client returns somebody new who talks to the program.
func (p *Program) Client() *Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // never, without options
	}
	return &Client{
		Base:   p.Address,
		Header: http.Header{},
		HTTP:   &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// String shows an answer in a failed test.
func (a Answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }

// Payload decodes the payload of an envelope into v.
func (a Answer) Payload(v any) error {
	var envelope struct {
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal([]byte(a.Body), &envelope); err != nil {
		return fmt.Errorf("read %s: %w", a, err)
	}
	return json.Unmarshal(envelope.Payload, v)
}

// Do sends a request. The body is sent as it is when it is a string, else as
// JSON; nil sends none.
func (c *Client) Do(method, path string, body any) (Answer, error) {
	var content io.Reader
	if text, ok := body.(string); ok {
		content = strings.NewReader(text)
	} else if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return Answer{}, fmt.Errorf("encode a request: %w", err)
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, c.Base+path, content)
	if err != nil {
		return Answer{}, err
	}
	for name, values := range c.Header {
		req.Header[name] = values
	}
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return Answer{res.StatusCode, res.Header, string(data)}, err
}

// must is Do for steps that have to work.
func (c *Client) must(method, path string, body any) (Answer, error) {
	a, err := c.Do(method, path, body)
	if err == nil && a.Status >= 300 {
		err = fmt.Errorf("%s %s: %s", method, path, a)
	}
	return a, err
}

// The administrator that SetUp makes.
const (
	User     = "ada"
	Password = "correct horse battery"
)

// SetUp makes the first administrator, who is signed in by it.
func (c *Client) SetUp(code string) error {
	c.Header.Set("X-Setup-Code", code)
	defer c.Header.Del("X-Setup-Code")
	_, err := c.must("POST", "/systemApi/setup/blank", map[string]any{
		"databaseInfo": map[string]any{"useDefault": true},
		"userInfo":     map[string]any{"name": "Ada", "username": User, "password": Password, "email": "ada@example.com"},
	})
	return err
}

// SignIn signs the administrator in.
func (c *Client) SignIn() error {
	_, err := c.must("POST", "/systemApi/users/login", map[string]string{"username": User, "password": Password})
	return err
}

// Set changes settings, by their dotted keys.
func (c *Client) Set(changes map[string]any) error {
	_, err := c.must("PATCH", "/systemApi/settings", map[string]any{"changes": changes})
	return err
}

// Deploy makes the flows, in the contract's JSON, the live ones.
func (c *Client) Deploy(flows map[string]*Flow) error { return c.deploy(flows, false) }

// DeployMore deploys the flows beside those that are live.
func (c *Client) DeployMore(flows map[string]*Flow) error { return c.deploy(flows, true) }

func (c *Client) deploy(flows map[string]*Flow, current bool) error {
	_, err := c.must("POST", "/systemApi/flows/deploy", map[string]any{"flowconfigurations": flows, "current": current})
	return err
}
