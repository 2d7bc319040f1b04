package doctor_test

import (
	"testing"
	"time"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/operate/doctor"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// AWS that does not answer is a finding with a fix, as every FAIL is.
func TestDoctorOfASlowAWS(t *testing.T) {
	t.Parallel()
	p := patient.NewPatient(t, sandbox.Options{})
	p.Server.AddFault(fault.Fault{Service: "ec2", Operation: "DescribeVpcs", Times: -1, Kind: fault.Latency,
		Latency: time.Hour})
	found := p.Examine(func(o *doctor.DoctorOptions) { o.CheckTime = time.Second })
	want(t, found, "network", operate.CheckFail, "timed out", "check the network and the proxy settings")
}
