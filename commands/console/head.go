package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/urfave/cli/v2"

	"ecsctl/internal/hint"
	"ecsctl/provision"
)

// SchemaVersion is that of the JSON that commands print. It changes when a field is removed or means
// something else; a new field does not change it.
const SchemaVersion = 1

// Head is what every JSON object of a command begins with. What is not known is "".
type Head struct {
	Command       string `json:"command"`
	SchemaVersion int    `json:"schemaVersion"`
	Account       string `json:"account"`
	Region        string `json:"region"`
	Caller        string `json:"caller"`
	Pool          string `json:"pool"`
}

// Failure is what an object has besides when its command failed.
type Failure struct {
	Error string   `json:"error,omitempty"`
	Fix   []string `json:"fix,omitempty"`
}

// Reporting collects what becomes known while a command runs, for the head of its JSON. Commands find it
// in their context.
type Reporting struct {
	head    Head
	json    bool // what was asked for
	printed bool // the object of the command
	clients *provision.Clients
	looking atomic.Pointer[live] // what says that AWS is being asked
}

type reportingKey struct{}

// ReportingOf returns that of the command that runs in ctx.
func ReportingOf(ctx context.Context) *Reporting {
	if r, ok := ctx.Value(reportingKey{}).(*Reporting); ok {
		return r
	}
	return &Reporting{head: Head{SchemaVersion: SchemaVersion}}
}

// newReporting is that of a command line.
func newReporting(app *cli.App, args []string) *Reporting {
	c, at := commandOf(app, args)
	r := &Reporting{head: Head{SchemaVersion: SchemaVersion}}
	if c == nil {
		return r
	}
	r.head.Command, r.json = strings.Join(args[1:at], " "), wantsJSON(c, args[at:])
	return r
}

const outputFlag = "output"

// wantsJSON reads --output off a command line that may be wrong in other places.
func wantsJSON(c *cli.Command, args []string) bool {
	f, ok := flagNamed(c.Flags, outputFlag).(*cli.StringFlag)
	if !ok {
		return false
	}
	value := ""
	for _, name := range f.EnvVars {
		value = os.Getenv(name)
	}
	flags, _ := split(c, args)
	for i, arg := range flags {
		name, given, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch {
		case !strings.HasPrefix(arg, "-") || flagNamed([]cli.Flag{f}, name) == nil:
		case joined:
			value = given
		case i+1 < len(flags):
			value = flags[i+1]
		}
	}
	return value == "json"
}

// SetPool notes the pool that the command is about.
func (r *Reporting) SetPool(pool string) { r.head.Pool = pool }

// SetClients notes with what AWS is asked.
func (r *Reporting) SetClients(c *provision.Clients) { r.clients, r.head.Region = c, c.Region }

// identify fills in who asks AWS. A failure costs the head a field, and nothing else.
func (r *Reporting) identify(ctx context.Context) {
	if r.clients == nil || r.head.Account != "" {
		return
	}
	if id, err := provision.WhoAmI(ctx, r.clients); err == nil {
		r.head.Account, r.head.Region, r.head.Caller = id.Account, id.Region, id.Caller
	}
}

// PrintJSON writes the object of a command, as people and programs can read it. err is what the command
// ends with.
func PrintJSON(ctx context.Context, w io.Writer, value any, err error) error {
	r := ReportingOf(ctx)
	r.printed = true
	raw, encodeErr := r.object(ctx, value, err)
	if encodeErr != nil {
		return encodeErr
	}
	return PrintDocument(w, json.RawMessage(raw))
}

// PrintDocument writes JSON that is no report: a document of AWS or Prefect, which has no head.
func PrintDocument(w io.Writer, value any) error {
	encoder := json.NewEncoder(Exact(w))
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("failed to write the result: %w", err)
	}
	return nil
}

// PrintJSONLine writes one object of many, in a line of its own.
func PrintJSONLine(ctx context.Context, w io.Writer, value any) error {
	raw, err := ReportingOf(ctx).object(ctx, value, nil)
	if err == nil {
		Printf(Exact(w), "%s\n", raw)
	}
	return err
}

// object is the head, then the fields of value, then what went wrong.
func (r *Reporting) object(ctx context.Context, value any, failed error) ([]byte, error) {
	r.identify(ctx)
	var all []byte
	for _, part := range []any{r.head, value, FailureOf(failed)} {
		var raw bytes.Buffer
		encoder := json.NewEncoder(&raw)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(part); err != nil {
			return nil, fmt.Errorf("failed to write the result: %w", err)
		}
		fields := bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(raw.Bytes()), []byte("{")), []byte("}"))
		if len(all) > 0 && len(fields) > 0 {
			all = append(all, ',')
		}
		all = append(all, fields...)
	}
	return append(append([]byte("{"), all...), '}'), nil
}

// FailureOf returns what JSON says of an error. What has been told already, as by exit codes, is none.
func FailureOf(err error) Failure {
	if err == nil || isTold(err) {
		return Failure{}
	}
	return Failure{Error: err.Error(), Fix: hint.Of(err)}
}

// end writes an object for a command that failed before it wrote one.
func (r *Reporting) end(ctx context.Context, streams Streams, err error) {
	if r.json && !r.printed && FailureOf(err).Error != "" {
		_ = PrintJSON(context.WithoutCancel(ctx), streams.Out, struct{}{}, err)
	}
}
