package fault

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseQuota reads a quota as it is written on a command line:
//
//	SERVICE:OPERATION=RATE/s[,burst=N]
//	fargate:vcpu=N
//
// "*" in either part before "=" stands for anything. The rate may be by the minute (/m).
// Without burst the bucket holds what comes in a second, and one token at least.
func ParseQuota(spec string) (Quota, error) {
	where, what, ok := strings.Cut(spec, "=")
	service, operation, ok2 := strings.Cut(where, ":")
	if !ok || !ok2 || service == "" || operation == "" {
		return Quota{}, fmt.Errorf("the quota %q is not of the form SERVICE:OPERATION=RATE/s", spec)
	}
	q := Quota{Service: service, Operation: operation}
	if err := q.set(what); err != nil {
		return q, fmt.Errorf("the quota %q: %w", spec, err)
	}
	return q, nil
}

func (q *Quota) set(what string) (err error) {
	fargates := q.Service == Fargate || q.Service == fargateSpot
	if fargates && q.Operation == vcpus {
		q.Burst, err = count(what)
		return err
	}
	if fargates && !(q.Service == Fargate && q.Operation == Launches) {
		return fmt.Errorf("quotas of Fargate are %s:%s, %s:%s and %s:%s", Fargate, Launches, Fargate, vcpus,
			fargateSpot, vcpus)
	}
	amount, burst, given := strings.Cut(what, ",burst=")
	if q.Rate, err = perSecond(amount); err != nil {
		return err
	}
	q.Burst = max(1, int(math.Ceil(q.Rate)))
	if given {
		q.Burst, err = count(burst)
	}
	return err
}

func perSecond(text string) (float64, error) {
	number, unit, _ := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n > 0) || math.IsInf(n, 0) || (unit != "s" && unit != "m") {
		return 0, fmt.Errorf("%q is no rate such as 20/s", text)
	}
	if unit == "m" {
		n /= 60
	}
	return n, nil
}

// String is the quota as ParseQuota reads it.
func (q Quota) String() string {
	where := orAny(q.Service) + ":" + orAny(q.Operation)
	if q.Operation == vcpus {
		return fmt.Sprintf("%s=%d", where, q.Burst)
	}
	return fmt.Sprintf("%s=%g/s,burst=%d", where, q.Rate, q.Burst)
}
