package e2e

import (
	"errors"
	"fmt"
	"strings"
)

// expectRefusal reports the answer to a bad input. It is an error unless the input was refused, with every wanted word in the answer.
func (l *Life) expectRefusal(input string, err error, wanted ...string) error {
	if err == nil {
		return fmt.Errorf("%s: was accepted", input)
	}
	answer := err.Error()
	var refused *CommandError
	if errors.As(err, &refused) {
		answer = refused.Answer
	}
	for _, word := range wanted {
		if !strings.Contains(answer, word) {
			return fmt.Errorf("%s: was answered %q, wanted %q in it: %w", input, answer, word, err)
		}
	}
	l.report.Answer(input, shorten(answer))
	return nil
}

// shorten keeps what the chain said and drops the simulation's wrapping around it.
func shorten(answer string) string {
	answer = strings.TrimPrefix(answer, "rpc error: code = Unknown desc = ")
	if cut := strings.Index(answer, "[cosmos/cosmos-sdk"); cut > 0 {
		answer = answer[:cut]
	}
	if cut := strings.Index(answer, " With gas wanted"); cut > 0 {
		answer = answer[:cut]
	}
	return strings.TrimSpace(answer)
}
