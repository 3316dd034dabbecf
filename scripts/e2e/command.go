package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
)

// commandSlots bounds the commands that run at once: each is a whole chain
// binary that starts, and they share the machine with the networks.
var commandSlots = make(chan struct{}, 3)

// Output is what a command printed.
type Output struct {
	Stdout []byte
	Stderr string
}

// CommandError is a command that refused; its words are the answer that a user sees.
type CommandError struct {
	Command string
	Answer  string
	Err     error
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("%s: %v: %s", e.Command, e.Err, e.Answer)
}

func (e *CommandError) Unwrap() error { return e.Err }

// Run runs a command to its end. Errors: *CommandError.
func Run(ctx context.Context, binary string, args ...string) (Output, error) {
	select {
	case commandSlots <- struct{}{}:
		defer func() { <-commandSlots }()
	case <-ctx.Done():
		return Output{}, context.Cause(ctx)
	}
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, binary, args...)
	command.Stdout, command.Stderr = &stdout, &stderr
	command.SysProcAttr = childAttributes()
	err := command.Run()
	output := Output{Stdout: stdout.Bytes(), Stderr: stderr.String()}
	if err != nil {
		shown := strings.Join(append([]string{binary}, args...), " ")
		return output, &CommandError{Command: shown, Answer: answer(output), Err: err}
	}
	return output, nil
}

// RunJSON runs a command and decodes what it printed.
func RunJSON(ctx context.Context, into any, binary string, args ...string) error {
	output, err := Run(ctx, binary, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(output.Stdout, into); err != nil {
		return fmt.Errorf("%s %s printed no JSON: %w: %s", binary, strings.Join(args, " "), err, output.Stdout)
	}
	return nil
}

// answer is the error line of a Cobra command without the usage text that may follow it.
func answer(output Output) string {
	text := strings.TrimSpace(output.Stderr)
	for line := range strings.Lines(text) {
		if message, found := strings.CutPrefix(line, "Error: "); found {
			return strings.TrimSpace(message)
		}
	}
	if text == "" {
		return strings.TrimSpace(string(output.Stdout))
	}
	return text
}
