package wire

import (
	"context"
	"sync"
)

// unknown is a service that is not there at all.
type unknown struct {
	Service
	name string
}

// Unknown refuses every call by the service's name, in the protocol that it is called in.
func Unknown(name string, isJSON bool) Service {
	if isJSON {
		return unknown{NewJSON(&sync.Mutex{}, "message"), name}
	}
	return unknown{NewQuery(Dialect{}, &sync.Mutex{}), name}
}

// Call implements Service.
func (u unknown) Call(context.Context, *Request) (Answer, error) {
	return Answer{}, NotImplemented("the service " + u.name)
}
