package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// faultNames are how kinds are written.
var faultNames = map[string]FaultKind{
	"throttle": Throttle, "error": ServerError, "denied": AccessDenied, "expired": ExpiredToken,
	"latency": Latency, "drop-before": DropBefore, "drop-after": DropAfter,
}

// String names the kind as ParseFault reads it.
func (k FaultKind) String() string {
	for name, kind := range faultNames {
		if kind == k {
			return name
		}
	}
	return strconv.Itoa(int(k))
}

// ParseFault reads a fault as it is written on a command line:
//
//	SERVICE:OPERATION=KIND[,times=N][,skip=N][,latency=DURATION]
//
// Either part before "=" may be "*", KIND is one of throttle, error, denied, expired,
// latency, drop-before and drop-after, and times=all goes on for ever.
func ParseFault(spec string) (Fault, error) {
	where, what, ok := strings.Cut(spec, "=")
	service, operation, ok2 := strings.Cut(where, ":")
	if !ok || !ok2 || service == "" || operation == "" {
		return Fault{}, fmt.Errorf("the fault %q is not of the form SERVICE:OPERATION=KIND", spec)
	}
	words := strings.Split(what, ",")
	kind, ok := faultNames[words[0]]
	if !ok {
		return Fault{}, fmt.Errorf("the fault %q has no kind: it is one of %s", spec, strings.Join(slices.Sorted(maps.Keys(faultNames)), ", "))
	}
	f := Fault{Service: service, Operation: operation, Kind: kind, Times: 1}
	for _, word := range words[1:] {
		if err := f.set(word); err != nil {
			return f, fmt.Errorf("the fault %q: %w", spec, err)
		}
	}
	if f.Kind == Latency && f.Latency == 0 {
		return f, fmt.Errorf("the fault %q needs latency=DURATION", spec)
	}
	return f, nil
}

func (f *Fault) set(word string) (err error) {
	name, value, _ := strings.Cut(word, "=")
	switch {
	case name == "times" && value == "all":
		f.Times = -1
	case name == "times":
		f.Times, err = count(value)
	case name == "skip":
		f.Skip, err = count(value)
	case name == "latency":
		if f.Latency, err = time.ParseDuration(value); err == nil && f.Latency < 0 {
			err = fmt.Errorf("latency=%s is negative", value)
		}
	default:
		err = fmt.Errorf("%q is none of times=N, skip=N, latency=DURATION", word)
	}
	return err
}

func count(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a number from 1", value)
	}
	return n, nil
}

// String is the fault as ParseFault reads it.
func (f Fault) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%s=%s", orAny(f.Service), orAny(f.Operation), f.Kind)
	switch {
	case f.Times < 0:
		b.WriteString(",times=all")
	case f.Times > 1:
		fmt.Fprintf(&b, ",times=%d", f.Times)
	}
	if f.Skip > 0 {
		fmt.Fprintf(&b, ",skip=%d", f.Skip)
	}
	if f.Latency > 0 {
		fmt.Fprintf(&b, ",latency=%s", f.Latency)
	}
	return b.String()
}

func orAny(pattern string) string {
	if pattern == "" {
		return "*"
	}
	return pattern
}
