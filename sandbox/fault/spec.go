package fault

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// faultNames are how kinds are written.
var faultNames = map[string]Kind{
	"throttle": Throttle, "error": ServerError, "denied": AccessDenied, "expired": ExpiredToken,
	"latency": Latency, "drop-before": DropBefore, "drop-after": DropAfter, "chaos": Chaos,
	"capacity": Capacity, "spot": Spot, "pull": PullFailure, "unseen": Unseen, "conflict": Conflict,
	"limit":      Limit,
	"unfiltered": Unfiltered, "tag-policy": TagPolicy,
}

// String names the kind as ParseFault reads it.
func (k Kind) String() string {
	for name, kind := range faultNames {
		if kind == k {
			return name
		}
	}
	return strconv.Itoa(int(k))
}

// ParseFault reads a fault as it is written on a command line:
//
//	SERVICE:OPERATION=KIND[,times=N][,skip=N][,rate=R][,seed=N][,latency=DURATION]
//
// "*" in either part before "=" stands for anything, KIND is one of throttle, error, denied,
// expired, latency, drop-before, drop-after, chaos, capacity, spot, pull, unseen, conflict, limit, unfiltered and
// tag-policy. times=all goes on for ever. latency=1s..2s is drawn evenly, latency=~1s exponentially. capacity
// has reason=, spot has after= and warning=, tag-policy has tag=.
func ParseFault(spec string) (Fault, error) {
	where, what, ok := strings.Cut(spec, "=")
	service, operation, ok2 := strings.Cut(where, ":")
	if !ok || !ok2 || service == "" || operation == "" {
		return Fault{}, fmt.Errorf("the fault %q is not of the form SERVICE:OPERATION=KIND", spec)
	}
	words := strings.Split(what, ",")
	kind, ok := faultNames[words[0]]
	if !ok {
		return Fault{}, fmt.Errorf("the fault %q has no kind: use one of %s", spec,
			strings.Join(slices.Sorted(maps.Keys(faultNames)), ", "))
	}
	f := Fault{Service: service, Operation: operation, Kind: kind}
	for _, word := range words[1:] {
		if err := f.set(word); err != nil {
			return f, fmt.Errorf("the fault %q: %w", spec, err)
		}
	}
	if err := f.check(); err != nil {
		return f, fmt.Errorf("the fault %q: %w", spec, err)
	}
	return f.normal(), nil
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
	case name == "rate":
		if f.Rate, err = strconv.ParseFloat(value, 64); err != nil || !(f.Rate > 0 && f.Rate <= 1) {
			err = fmt.Errorf("rate=%s is not between 0 and 1", value)
		}
	case name == "seed":
		f.Seed, err = strconv.ParseUint(value, 10, 64)
	case name == "latency":
		err = f.setLatency(value)
	case name == "reason" && f.Kind == Capacity:
		if f.Reason = Reason(value); ReasonTexts[f.Reason] == "" {
			err = fmt.Errorf("reason=%s is none of %s", value, joinReasons())
		}
	case name == "tag" && f.Kind == TagPolicy:
		f.Tag = value
	case name == "after" && f.Kind == Spot:
		f.After, err = duration(value)
	case name == "warning" && f.Kind == Spot:
		f.Warning, err = duration(value)
	default:
		err = fmt.Errorf("%q is none of times=N, skip=N, rate=R, seed=N, latency=DURATION, nor reason= of capacity, "+
			"after= and warning= of spot, tag= of tag-policy", word)
	}
	return err
}

func joinReasons() string {
	var out []string
	for reason := range ReasonTexts {
		out = append(out, string(reason))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func (f *Fault) setLatency(value string) (err error) {
	f.LatencyTo, f.Random = 0, false
	if mean, ok := strings.CutPrefix(value, "~"); ok {
		f.Random = true
		f.Latency, err = duration(mean)
		return err
	}
	from, to, ranged := strings.Cut(value, "..")
	if f.Latency, err = duration(from); err != nil || !ranged {
		return err
	}
	if f.LatencyTo, err = duration(to); err == nil && f.LatencyTo <= f.Latency {
		err = fmt.Errorf("latency=%s goes down", value)
	}
	return err
}

func duration(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err == nil && d < 0 {
		err = fmt.Errorf("%s is negative", value)
	}
	return d, err
}

func count(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a number from 1", value)
	}
	return n, nil
}
