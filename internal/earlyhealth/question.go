package earlyhealth

// question is which worker is asked, and for what.
type question struct {
	ip   [4]byte
	port int
	path string
}

const (
	defaultPort = "8080"
	addressFlag = "--address"
)

// read makes a question of a command line and the environment. It is false where they say
// anything that only the command itself understands.
func read(args []string, getenv func(string) string, exists func(string) bool) (question, bool) {
	q := question{path: "/health"}
	if len(args) < 3 || args[1] != "worker" || args[2] != "health" {
		return q, false
	}
	address := getenv("ECSCTL_ADDRESS")
	for rest := args[3:]; len(rest) > 0; rest = rest[1:] {
		switch {
		case rest[0] == "--ready":
			q.path = "/ready"
		case rest[0] == addressFlag && len(rest) > 1:
			address, rest = rest[1], rest[1:]
		case len(rest[0]) > len(addressFlag) && rest[0][:len(addressFlag)+1] == addressFlag+"=":
			address = rest[0][len(addressFlag)+1:]
		default:
			return q, false
		}
	}
	if address == "" {
		if hasFiles(getenv, exists) {
			return q, false
		}
		address = getenv("PREFECT_WORKER_WEBSERVER_HOST") + ":" + or(getenv("PREFECT_WORKER_WEBSERVER_PORT"),
			defaultPort)
	}
	return q, q.locate(address)
}

// hasFiles reports whether there may be files of Prefect that say where a worker listens.
func hasFiles(getenv func(string) string, exists func(string) bool) bool {
	if getenv("PREFECT_HOME") != "" || getenv("PREFECT_PROFILES_PATH") != "" {
		return true
	}
	home := getenv("HOME")
	for _, file := range []string{".env", "prefect.toml", "pyproject.toml", home + "/.prefect/profiles.toml"} {
		if exists(file) {
			return true
		}
	}
	return false
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// locate reads HOST:PORT of a worker on this machine.
func (q *question) locate(address string) bool {
	colon := len(address) - 1
	for colon >= 0 && address[colon] != ':' {
		colon--
	}
	if colon < 0 {
		return false
	}
	switch address[:colon] {
	case "", "0.0.0.0", "127.0.0.1":
		q.ip = [4]byte{127, 0, 0, 1}
	default:
		return false
	}
	digits := address[colon+1:]
	if digits == "" || len(digits) > 5 {
		return false
	}
	for _, digit := range []byte(digits) {
		if digit < '0' || digit > '9' {
			return false
		}
		q.port = 10*q.port + int(digit-'0')
	}
	return q.port > 0 && q.port < 1<<16
}
