package e2e

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

func (l *Life) expectRefusal(input string, err error, wanted ...string) error {
	return l.report.ExpectRefusal(input, err, wanted...)
}

// nobodyThere is what a command says of a node that does not answer.
const nobodyThere = "connection refused"

// ExpectRefusal prints the answer to a bad input. It is an error unless the input was refused, with every wanted word in the answer: a node that
// does not answer refuses nothing.
func (r *Report) ExpectRefusal(input string, err error, wanted ...string) error {
	if err == nil {
		return fmt.Errorf("%s: was accepted", input)
	}
	answer := err.Error()
	var refused *CommandError
	if errors.As(err, &refused) {
		answer = refused.Answer
	}
	if unreachable(err) || strings.Contains(answer, nobodyThere) {
		return fmt.Errorf("%s: nobody answered: %w", input, err)
	}
	for _, word := range wanted {
		if !strings.Contains(answer, word) {
			return fmt.Errorf("%s: was answered %q, wanted %q in it: %w", input, answer, word, err)
		}
	}
	r.Answer(input, shorten(answer))
	return nil
}

// wrappings are what simulation, message router and error registry put around what a module said.
var wrappings = []*regexp.Regexp{
	regexp.MustCompile(`^(rpc error: code = \w+ desc = )+`),
	regexp.MustCompile(`^failed to execute message; message index: \d+: `),
	regexp.MustCompile(` \[\S+\.go:\d+\].*$`),
}

// shorten keeps what the module said.
func shorten(answer string) string {
	for _, wrapping := range wrappings {
		answer = wrapping.ReplaceAllString(answer, "")
	}
	return strings.TrimSpace(answer)
}
