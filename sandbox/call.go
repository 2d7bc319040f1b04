package sandbox

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/internal/authz"
	"ecsctl/sandbox/internal/iam"
	"ecsctl/sandbox/internal/sts"
	"ecsctl/sandbox/internal/wire"
)

// Call is a request that reached an AWS service of the sandbox.
type Call struct {
	Service   string // as in ARNs: "iam", "ecs", "logs", ...
	Operation string
	Write     bool // it may change something
}

// String is "service:Operation", as IAM actions are written.
func (c Call) String() string { return c.Service + ":" + c.Operation }

// Calls lists the requests in the order of their arrival, refused ones included.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Writes lists those of Calls that may have changed something.
func (s *Server) Writes() []Call {
	return slices.DeleteFunc(s.Calls(), func(c Call) bool { return !c.Write })
}

// ForgetCalls empties the list of Calls.
func (s *Server) ForgetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

func (s *Server) record(service, operation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{service, operation, isWrite(operation)})
}

// isWrite goes by the verb: AWS names its operations regularly.
func isWrite(operation string) bool {
	for _, verb := range []string{"Describe", "List", "Get", "Filter"} {
		if strings.HasPrefix(operation, verb) {
			return false
		}
	}
	return true
}

// authenticate finds who signs a call, or returns the refusal of one that nobody may make who is not
// of the account: other users of this machine reach the port too.
func (s *Server) authenticate(r *http.Request, cred credential, req *wire.Request) (iam.Principal, *wire.Error) {
	if strings.HasPrefix(cred.key, "EXPIRED") {
		return iam.Principal{}, s.faultError(fault.ExpiredToken, cred.service, req.Operation)
	}
	caller, validity := s.sts.Caller(cred.key, r.Header.Get("X-Amz-Security-Token"))
	if validity == sts.Unknown || s.opts.NotEnabled && cred.region == s.opts.Region {
		return caller, unknownKey(cred.service)
	}
	if wrong := cred.verify(r, req.Body, s.sts.Secret(cred.key), time.Now()); wrong != nil {
		return caller, badSignature(cred.service, wrong)
	}
	if validity == sts.Expired {
		return caller, s.faultError(fault.ExpiredToken, cred.service, req.Operation)
	}
	return caller, nil
}

func (s *Server) call(r *http.Request, service wire.Service, caller iam.Principal, cred credential, req *wire.Request,
	e fault.Effect) wire.Answer {
	if e.Refuses() {
		return service.Refuse(req, s.faultError(e.Kind, cred.service, req.Operation))
	}
	if !s.quotas.Allow(cred.service, req.Operation, 1) {
		return service.Refuse(req, s.faultError(fault.Throttle, cred.service, req.Operation))
	}
	if cred.region != s.opts.Region && !anywhere(cred.service, req.Operation) {
		return service.Refuse(req, wire.NotImplemented("the region "+cred.region))
	}
	if refusal := s.authorize(r, caller, cred.service, req); refusal != nil {
		return service.Refuse(req, refusal)
	}
	if e.Fault != nil && e.Kind == fault.TagPolicy {
		if refusal := s.againstTagPolicy(cred.service, req, e.Fault.Tag); refusal != nil {
			return service.Refuse(req, refusal)
		}
	}
	ctx := r.Context()
	if e.Fault != nil && e.Kind == fault.Unfiltered && !isWrite(req.Operation) {
		unfilter(req)
		ctx = wire.WithoutFilters(ctx)
	}
	answer, err := service.Call(ctx, req)
	if err == nil {
		return answer
	}
	var refusal *wire.Error
	if !errors.As(err, &refusal) {
		refusal = wire.WithStatus(http.StatusInternalServerError, "InternalFailure",
			"the ecsctl sandbox failed: %v", err)
	}
	return service.Refuse(req, refusal)
}

// authorize returns the refusal of a call that its caller may not make; nil otherwise.
func (s *Server) authorize(r *http.Request, caller iam.Principal, service string, req *wire.Request) *wire.Error {
	if !s.opts.EnforceIAM || s.services[service] == nil {
		return nil
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return s.account.Authorize(authz.Call{
		Service: service, Request: req, Caller: caller, SourceIP: host, UserAgent: r.UserAgent(),
	})
}

// anywhere tells what is the same in every region.
func anywhere(service, operation string) bool {
	return service == "iam" || service == "sts" || service == "ec2" && operation == "DescribeRegions"
}
