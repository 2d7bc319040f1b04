package ecr

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"ecsctl/sandbox/internal/wire"
)

// tokenLife is how long a password of the registry is good for.
const tokenLife = 12 * time.Hour

// user is the name that goes with every password.
const user = "AWS"

// token stands for whoever asked for it: its password has the rights of that key, and
// ends with it.
type token struct {
	accessKey string
	expires   time.Time
}

func (s *Service) handleToken() {
	wire.HandleJSON(s.JSON, "GetAuthorizationToken", schemas.GetAuthorizationTokenRequest,
		schemas.GetAuthorizationTokenResponse, "registryIds", s.getToken)
}

func (s *Service) getToken(ctx context.Context,
	in *api.GetAuthorizationTokenInput) (*api.GetAuthorizationTokenOutput, error) {
	//lint:ignore SA1019 older clients, the ECR credential helper among them, still send it
	for _, id := range in.RegistryIds {
		if err := s.checkRegistry(&id); err != nil {
			return nil, err
		}
	}
	key, _ := ctx.Value(keyOfCaller{}).(string)
	t := token{accessKey: key, expires: time.Now().Add(tokenLife)}
	maps.DeleteFunc(s.tokens, func(_ string, old token) bool { return time.Now().After(old.expires) })
	password := rand.Text() + rand.Text()
	s.tokens[password] = t
	return &api.GetAuthorizationTokenOutput{AuthorizationData: []types.AuthorizationData{{
		AuthorizationToken: aws.String(base64.StdEncoding.EncodeToString([]byte(user + ":" + password))),
		ExpiresAt:          &t.expires, ProxyEndpoint: &s.cfg.URL,
	}}}, nil
}

// caller is the access key whose token a request carries; ok is false without any.
func (s *Service) caller(r *http.Request) (key string, ok bool, err error) {
	name, password, ok := r.BasicAuth()
	if !ok || name != user {
		return "", false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[password]
	if !ok || time.Now().After(t.expires) {
		return "", true, denied("Your authorization token has expired. Reauthenticate and try again.")
	}
	return t.accessKey, true, nil
}

func denied(message string) *wire.Error {
	return wire.WithStatus(http.StatusForbidden, "AccessDeniedException", "%s", message)
}
