//go:build e2e

package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The far ends that the suite knows.
const (
	onSandbox = "sandbox"
	onMoto    = "moto"
	onAWS     = "aws"
)

// options come from the environment alone, so that `make acceptance NAME=value` sets them.
type options struct {
	on       string
	describe bool
	region   string
	pool     string    // with a suffix of its own, so that it is nobody else's
	report   string    // file of the report
	newKey   string    // another API key of the same server, for the rotation
	own      instances // of a real account
	environ  []string
}

// prefixes are names that fit into all of AWS's names that bootstrap derives.
var prefixes = regexp.MustCompile(`^[a-z][a-z0-9-]{1,19}$`)

func readOptions(environ []string) (options, error) {
	env := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	o := options{
		on: env["ON"], describe: env["DESCRIBE"] != "" && env["DESCRIBE"] != "0", region: env["ACCEPTANCE_REGION"],
		report: cmp.Or(env["ACCEPTANCE_REPORT"], "acceptance-report.md"), newKey: env["ACCEPTANCE_NEW_KEY"],
		environ: environ,
	}
	var err error
	if o.own, err = readInstances(env); err != nil {
		return o, err
	}
	allowed := env["ACCEPTANCE_AWS"] == "1"
	if o.on == "" && allowed {
		o.on = onAWS
	}
	o.on = cmp.Or(o.on, onSandbox)
	prefix := cmp.Or(env["ACCEPTANCE_POOL"], "acceptance")
	if !prefixes.MatchString(prefix) {
		return o, fmt.Errorf("ACCEPTANCE_POOL %q: a prefix has 2 to 20 lower case letters, digits and hyphens", prefix)
	}
	o.pool = prefix + "-" + strings.ToLower(rand.Text()[:6])
	switch {
	case o.on != onSandbox && o.on != onMoto && o.on != onAWS:
		return o, fmt.Errorf("ON=%s: it is %s, %s or %s", o.on, onSandbox, onMoto, onAWS)
	case o.on != onAWS:
		o.region = cmp.Or(o.region, "eu-west-1")
	case !allowed && !o.describe:
		return o, errors.New("a real account takes ACCEPTANCE_AWS=1: it makes things that cost money; DESCRIBE=1 " +
			"says what and how much, and does nothing")
	case o.region == "":
		return o, errors.New("name the region with ACCEPTANCE_REGION: it is never guessed for a real account")
	}
	return o, nil
}
