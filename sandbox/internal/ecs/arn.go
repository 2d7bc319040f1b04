package ecs

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

func (s *Service) arn(resource string) string {
	return fmt.Sprintf("arn:%s:ecs:%s:%s:%s", s.cfg.Partition, s.cfg.Region, s.cfg.Account, resource)
}

// lastPart takes the name out of a name or an ARN.
func lastPart(nameOrARN string) string {
	if !strings.HasPrefix(nameOrARN, "arn:") {
		return nameOrARN
	}
	return nameOrARN[strings.LastIndex(nameOrARN, "/")+1:]
}

// newID is 32 hexadecimal digits, as in the ARN of a task.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// newDeploymentID is "ecs-svc/" and 19 digits.
func newDeploymentID() string {
	var b [19]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = '0' + b[i]%10
	}
	b[0] = '1' + b[0]%9
	return "ecs-svc/" + string(b[:])
}
