package jobtemplate

import (
	"regexp"
	"strings"
)

// CloudWatch Logs API, CreateLogGroup and CreateLogStream. A stream is PREFIX/CONTAINER/TASK, and a
// task's id has 32 characters.
var logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`)

const maxStreamPrefix = 512 - 255 - 32 - 2

func checkLogNames(options node) {
	if group := options.text("awslogs-group"); group != "" && (len(group) > 512 || !logGroupName.MatchString(group)) {
		options.problem("awslogs-group", "", "a log group has at most 512 of letters, digits and _-/.#")
	}
	if prefix := options.text("awslogs-stream-prefix"); prefix != streamText(prefix) {
		options.problem("awslogs-stream-prefix", "",
			"CloudWatch Logs takes no : and no * in the name of a stream, and ecsctl %d characters here",
			maxStreamPrefix)
	}
}

// streamText replaces what CloudWatch Logs refuses in the name of a stream.
func streamText(text string) string {
	return cutText(strings.NewReplacer(":", "-", "*", "-").Replace(text), maxStreamPrefix)
}
