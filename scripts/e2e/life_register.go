package e2e

import (
	"context"
	"fmt"
	"strings"
)

// register enters every validator in the candidate register and starts the relayers.
func (l *Life) register(ctx context.Context) error {
	for _, operator := range l.stafi.Operators {
		if err := l.configureRelayer(operator, l.original.RPCAddress); err != nil {
			return fmt.Errorf("configure relayer %d: %w", operator.Index, err)
		}
	}
	if err := l.stafi.RegisterAll(ctx, l.original.ID); err != nil {
		return err
	}
	if err := l.stafi.StartRelayers(); err != nil {
		return err
	}
	l.report.Say("%d candidates registered, each with its own submitter and signer; their relayers run", validators)
	return nil
}

// checkRelayer is what an operator does before it trusts its relayer.
func (l *Life) checkRelayer(ctx context.Context, operator *Operator) error {
	output, err := Run(ctx, l.stafi.Binary, "relayer", "check", "--home", operator.RelayerHome)
	if err != nil {
		return fmt.Errorf("relayer check: %w:\n%s", err, output.Stdout)
	}
	l.report.Say("relayer check of validator%d:\n%s", operator.Index, strings.TrimRight(string(output.Stdout), "\n"))
	return nil
}

// registerWith is an operator's registration of a submitter, a proven beacon key and one proven signer.
func (l *Life) registerWith(ctx context.Context, operator *Operator, submitter string, beacon beaconProof, proof keyProof) (Receipt, error) {
	return l.stafi.registerWith(ctx, operator, submitter, beacon, proof)
}

// updateWith replaces an operator's registered signer.
func (l *Life) updateWith(ctx context.Context, operator *Operator, proof keyProof) (Receipt, error) {
	return l.stafi.candidateTx(ctx, operator, "ssv update-candidate", map[string]any{
		"submitter": operator.Submitter.Address, "chains": []any{proof},
	})
}

// updateBeaconWith replaces an operator's registered beacon key and keeps its signer.
func (l *Life) updateBeaconWith(ctx context.Context, operator *Operator, beacon beaconProof) (Receipt, error) {
	proof, err := l.prove(ctx, operator)
	if err != nil {
		return Receipt{}, err
	}
	return l.stafi.candidateTx(ctx, operator, "ssv update-candidate", map[string]any{
		"submitter": operator.Submitter.Address, "beacon": beacon, "chains": []any{proof},
	})
}

// prove lets the command line prove that an operator possesses its signer key.
func (l *Life) prove(ctx context.Context, operator *Operator) (keyProof, error) {
	return l.stafi.prove(ctx, operator, l.original.ID)
}

// proveBeacon lets an operator's relayer prove that it has its beacon key, for the operator that is named.
func (l *Life) proveBeacon(ctx context.Context, owner *Operator, operator string) (beaconProof, error) {
	return l.stafi.proveBeacon(ctx, owner, operator)
}

// forge signs with an operator's signer key what no command line would: a proof for another operator.
func (l *Life) forge(owner *Operator, operator string) (keyProof, error) {
	key, err := l.stafi.PrivateKey(owner.Signer)
	if err != nil {
		return keyProof{}, err
	}
	return possession(key, l.stafi.ID, operator, l.original.ID)
}
