package sandbox

import (
	"net/http"

	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/internal/ecr"
	"ecsctl/sandbox/internal/sts"
)

// serveRegistry answers the image registry's protocol. What a request does is recorded, and
// meets faults, under the name that IAM and CloudTrail have for it ("ecr:PutImage").
func (s *Server) serveRegistry(w http.ResponseWriter, r *http.Request) {
	action := ecr.ActionOf(r)
	if action == "" {
		s.ecr.ServeProtocol(w, r)
		return
	}
	s.record("ecr", action)
	e := s.faults.Take("ecr", action, fault.CallKinds...)
	if !e.Wait(r.Context(), s.opts.Clock) || e.Kind == fault.DropBefore {
		panic(http.ErrAbortHandler) // the client sees the connection end
	}
	if e.Refuses() {
		ecr.RefuseProtocol(w, s.faultError(e.Kind, "ecr", action))
		return
	}
	if !s.quotas.Allow("ecr", action, 1) {
		ecr.RefuseProtocol(w, s.faultError(fault.Throttle, "ecr", action))
		return
	}
	if e.Kind == fault.DropAfter {
		s.ecr.ServeProtocol(nowhere{}, r)
		panic(http.ErrAbortHandler)
	}
	s.ecr.ServeProtocol(w, r)
}

// nowhere takes an answer that nobody gets.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// admitToRegistry decides what the holder of an access key may do in the registry. ECS
// pulls with a key of the execution role's.
func (s *Server) admitToRegistry(accessKey, action, resource string) error {
	holder, validity := s.sts.Holder(accessKey)
	if validity != sts.Valid {
		return expired("ExpiredTokenException", "ecr")
	}
	if !s.opts.EnforceIAM {
		return nil
	}
	return s.account.AuthorizeAction(holder, action, resource)
}
