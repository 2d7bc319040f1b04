package s3

import (
	"encoding/xml"
	"fmt"
	"net/http"

	"ecsctl/sandbox/internal/wire"
)

// answer writes a document.
func answer(document any) wire.Answer {
	raw, err := xml.Marshal(document)
	if err != nil {
		panic(fmt.Sprintf("sandbox: an answer of S3 does not encode: %v", err)) // a programming error
	}
	return wire.Answer{Status: http.StatusOK, ContentType: "application/xml", Body: append([]byte(xml.Header), raw...)}
}

func empty(status int) wire.Answer {
	return wire.Answer{Status: status, ContentType: "application/xml", Header: http.Header{}}
}

// document reads the body of a request.
func document[T any](c call) (*T, error) {
	var out T
	if err := xml.Unmarshal(c.Body, &out); err != nil {
		return nil, malformed()
	}
	return &out, nil
}

func malformed() *wire.Error {
	return wire.Errorf("MalformedXML",
		"The XML you provided was not well-formed or did not validate against our published schema")
}
