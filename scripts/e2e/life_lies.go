package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"
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
	{LieHang, "source did not answer in time"},
	{LieClose, "EOF"},
}

const liesLimit = 90 * time.Second

// surroundByLiars gives one relayer six lying sources before the only true one, and starts it anew.
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
	l.report.Say("the relayer of validator%d gets six lying sources before a true one", victim.Index)
	return victim.Relayer.RestartAfter(func() error { return setSources(victim, sources...) })
}

// expectLiesNamed wants every lie named in the victim's status, and the victim as far as the true source is.
func (l *Life) expectLiesNamed(ctx context.Context, victim *Operator) error {
	named := map[Lie]string{}
	return AwaitDone(ctx, "every lie to be named in the relayer's status", liesLimit, func(ctx context.Context) (bool, error) {
		output, err := Run(ctx, l.stafi.Binary, "relayer", "status", "--home", victim.RelayerHome)
		if err != nil && len(output.Stdout) == 0 {
			return false, err
		}
		for i, lie := range lies {
			line := errorOf(string(output.Stdout), l.liars[i].Address, lie.name)
			if line != "" && named[lie.lie] == "" {
				named[lie.lie] = line
				l.report.Answer(fmt.Sprintf("source that %s", lie.lie), line)
			}
		}
		if len(named) < len(lies) {
			return false, fmt.Errorf("named so far: %v; status:\n%s", named, output.Stdout)
		}
		return true, nil
	})
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
