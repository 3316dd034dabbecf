package e2e

import (
	"context"
	"fmt"
	"strings"

	"github.com/stafiprotocol/stafid/relayer"
	"github.com/stafiprotocol/stafid/relayer/status"
)

// lies in the order in which one relayer meets them, and what its status must call them.
var lies = []struct {
	lie  Lie
	name string
}{
	{LieTransaction, "transactions do not match the data hash"},
	{LieCode, "results do not match the last results hash"},
	{LieHeader, "header is forged"},
	{LieLag, "source lags behind"},
	{LieDiscard, "set up not to keep this"},
	{LieHang, "source did not answer in time"},
	{LieClose, "EOF"},
}

// liesLimit is for one relayer to meet all of them.
const liesLimit Blocks = 300

// surroundByLiars gives one relayer lying sources before the only true one, and starts it anew.
func (l *Life) surroundByLiars(victim *Operator) error {
	sources := make([]string, 0, len(lies)+1)
	for _, lie := range lies {
		liar, err := StartLiar(lie.lie, l.original.RPCAddress)
		if err != nil {
			return err
		}
		l.liars = append(l.liars, liar)
		sources = append(sources, liar.Address)
	}
	sources = append(sources, l.original.RPCAddress)
	l.report.Say("the relayer of validator%d gets %d sources before a true one that lie or do not serve", victim.Index, len(lies))
	return victim.Relayer.RestartAfter(func() error { return setSources(victim, sources...) })
}

// expectLiesNamed wants every lie named in the victim's status, and the victim as far as the true source is.
func (l *Life) expectLiesNamed(ctx context.Context, victim *Operator) error {
	named := map[Lie]string{}
	err := AwaitDone(ctx, "every lie to be named in the relayer's status", liesLimit, func(ctx context.Context) (bool, error) {
		text, err := statusOf(ctx, victim)
		if err != nil {
			return false, err
		}
		for i, lie := range lies {
			line := errorOf(text, l.liars[i].Address, lie.name)
			if line != "" && named[lie.lie] == "" {
				named[lie.lie] = line
				l.report.Answer(fmt.Sprintf("source that %s", lie.lie), line)
			}
		}
		if len(named) < len(lies) {
			return false, fmt.Errorf("named so far: %v; status:\n%s", named, text)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	output, err := Run(ctx, l.stafi.Binary, "relayer", "status", "--home", victim.RelayerHome)
	if err != nil {
		return err
	}
	for i, lie := range lies {
		if !strings.Contains(string(output.Stdout), l.liars[i].Address) {
			return fmt.Errorf("%w: relayer status does not name the source that %s:\n%s", errUnexpected, lie.lie, output.Stdout)
		}
	}
	return l.expectAdvice(ctx, victim)
}

// expectAdvice wants the victim's check to say how the source that keeps no results is to be set up.
func (l *Life) expectAdvice(ctx context.Context, victim *Operator) error {
	output, err := Run(ctx, l.stafi.Binary, "relayer", "check", "--home", victim.RelayerHome)
	if err == nil {
		return fmt.Errorf("%w: relayer check finds nothing wrong with sources of which most lie:\n%s", errUnexpected, output.Stdout)
	}
	lines := strings.Split(string(output.Stdout), "\n")
	for i, line := range lines {
		if strings.Contains(line, "set up not to keep this") && i+1 < len(lines) && strings.Contains(lines[i+1], "discard_abci_responses = false") {
			l.report.Say("relayer check:\n%s\n%s", line, lines[i+1])
			return nil
		}
	}
	return fmt.Errorf("%w: relayer check does not say how a source is to be set up that keeps no results:\n%s", errUnexpected, output.Stdout)
}

// statusOf is what the command relayer status prints of a running relayer.
func statusOf(ctx context.Context, operator *Operator) (string, error) {
	config, err := relayer.ReadConfig(operator.RelayerHome)
	if err != nil {
		return "", err
	}
	report, err := status.Fetch(ctx, config.Status.Listen)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	err = report.Write(&text)
	return text.String(), err
}

// errorOf is the line of a relayer's status that says what a source did wrong, if it has these words.
func errorOf(status, address, words string) string {
	_, source, found := strings.Cut(status, address)
	if !found {
		return ""
	}
	source, _, _ = strings.Cut(source, "\n  source ")
	for line := range strings.Lines(source) {
		if strings.Contains(line, words) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
