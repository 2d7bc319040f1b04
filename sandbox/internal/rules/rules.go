// Package rules refuses the requests that AWS would refuse by the model of its API:
// required members that are missing, and values outside their enum, length, range or
// pattern. The models are botocore's; see generate.py for what is taken from them.
package rules

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"ecsctl/sandbox/internal/wire"
)

//go:embed data
var data embed.FS

// document is what a service's model says of the requests of some operations.
type document struct {
	service    string
	Source     string
	Protocol   string            // "json", "query" or "ec2"
	LeftOut    map[string]string // "shape.constraint" -> why it is not checked here
	Operations map[string]string // -> shape of the request; "" when nothing constrains it
	Shapes     map[string]*shape
}

// shape is one type of the model, as far as it constrains what is sent.
type shape struct {
	Type      string
	Required  []string          // names in the request
	Members   map[string]string // of a structure: name in the request -> shape
	Of, Key   string            // shapes of a list's or a map's items, and of a map's keys
	Flat      bool              // a list of the query protocol without "member"
	Enum      []string
	Pattern   string // as the model has it, in Java's syntax
	Min, Max  *float64
	Sensitive bool // its value is not repeated in errors

	pattern *regexp.Regexp
}

// loaded are the rules that were read before, by service: each sandbox of a test wants them.
var loaded sync.Map

func load(service string) (*document, error) {
	once, _ := loaded.LoadOrStore(service, sync.OnceValues(func() (*document, error) { return read(service) }))
	return once.(func() (*document, error))()
}

func read(service string) (*document, error) {
	text, err := data.ReadFile("data/" + service + ".json")
	if err != nil {
		return nil, err
	}
	d := &document{service: service}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("failed to read the rules of %q: %w", service, err)
	}
	for name, s := range d.Shapes {
		if s.Pattern == "" {
			continue
		}
		if s.pattern, err = compile(s.Pattern); err != nil {
			return nil, fmt.Errorf("failed to read the pattern of %q: %w", service+" "+name, err)
		}
	}
	return d, nil
}

var javaCharacter = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

// compile translates a pattern of the models, which are those of Java and have to match
// the whole value.
func compile(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`\A(?:` + javaCharacter.ReplaceAllString(pattern, `\x{$1}`) + `)\z`)
}

// Services lists the services that have rules.
func Services() []string {
	files, err := fs.Glob(data, "data/*.json")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(file, "data/"), ".json")
	}
	return files
}

// checked holds the requests of a service against the model before it sees them.
type checked struct {
	wire.Service
	rules *document
}

// Checked puts the rules in front of a service, by the name that its requests are signed
// for. A service without rules takes everything; the test of the sandbox names it.
func Checked(name string, service wire.Service) wire.Service {
	if !slices.Contains(Services(), name) {
		return service
	}
	d, err := load(name)
	if err != nil {
		panic(err) // embedded, and loaded by every test
	}
	return checked{service, d}
}

// Call implements wire.Service.
func (c checked) Call(ctx context.Context, r *wire.Request) (wire.Answer, error) {
	if err := c.rules.check(r); err != nil {
		return wire.Answer{}, err
	}
	return c.Service.Call(ctx, r)
}

// Has reports whether there are rules for an operation, be they that everything goes.
func Has(service, operation string) bool {
	d, err := load(service)
	if err != nil {
		return false
	}
	_, ok := d.Operations[operation]
	return ok
}

// check is nil for a request that is not understood: the service itself says why.
func (d *document) check(r *wire.Request) error {
	input := d.Shapes[d.Operations[r.Operation]]
	if input == nil {
		return nil
	}
	var v any
	if d.Protocol == "json" {
		parsed, err := wire.ParseJSON(r.Body)
		if err != nil {
			return nil //nolint:nilerr // refused by the service in its own words
		}
		v = parsed
	} else {
		v = tree{d, r.Form}.structure(input, "")
	}
	found := d.walk(input, v, "")
	if len(found) == 0 {
		return nil
	}
	return d.refuse(r.Operation, found)
}
