package e2e

import (
	"context"
	"fmt"
	"strings"
)

// register enters every validator in the candidate register, by its operator's command line, and starts the relayers.
func (l *Life) register(ctx context.Context) error {
	parts := make([]func(context.Context) error, len(l.stafi.Operators))
	for i, operator := range l.stafi.Operators {
		parts[i] = func(ctx context.Context) error {
			if err := l.configureRelayer(ctx, operator, l.original.RPCAddress); err != nil {
				return fmt.Errorf("configure relayer %d: %w", operator.Index, err)
			}
			proof, err := l.prove(ctx, operator)
			if err != nil {
				return err
			}
			beacon, err := l.proveBeacon(ctx, operator, operator.Address)
			if err != nil {
				return err
			}
			_, err = l.registerWith(ctx, operator, operator.Submitter.Address, beacon, proof)
			return err
		}
	}
	if err := together(ctx, parts...); err != nil {
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
	return l.candidateTx(ctx, operator, "ssv register-candidate", map[string]any{
		"submitter": submitter, "beacon": beacon, "chains": []any{proof},
	})
}

// updateWith replaces an operator's registered signer.
func (l *Life) updateWith(ctx context.Context, operator *Operator, proof keyProof) (Receipt, error) {
	return l.candidateTx(ctx, operator, "ssv update-candidate", map[string]any{
		"submitter": operator.Submitter.Address, "chains": []any{proof},
	})
}

// updateBeaconWith replaces an operator's registered beacon key and keeps its signer.
func (l *Life) updateBeaconWith(ctx context.Context, operator *Operator, beacon beaconProof) (Receipt, error) {
	proof, err := l.prove(ctx, operator)
	if err != nil {
		return Receipt{}, err
	}
	return l.candidateTx(ctx, operator, "ssv update-candidate", map[string]any{
		"submitter": operator.Submitter.Address, "beacon": beacon, "chains": []any{proof},
	})
}

func (l *Life) candidateTx(ctx context.Context, operator *Operator, command string, registration map[string]any) (Receipt, error) {
	path, err := l.stafi.writeJSON("candidate", registration)
	if err != nil {
		return Receipt{}, err
	}
	return l.stafi.Tx(ctx, operator.Key, command, path)
}

// beaconProof is a beacon key with its proof of possession, as the command line takes it.
type beaconProof struct {
	Key   []byte `json:"key"`
	Proof []byte `json:"proof"`
}

// proveBeacon lets an operator's relayer prove that it has its beacon key, for the operator that is named.
func (l *Life) proveBeacon(ctx context.Context, owner *Operator, operator string) (beaconProof, error) {
	var proof beaconProof
	err := RunJSON(ctx, &proof, l.stafi.Binary, "relayer", "prove-beacon", "--operator", operator, "--home", owner.RelayerHome)
	return proof, err
}

// keyProof is a key of the original chain with its proof of possession, as the command line takes it.
type keyProof struct {
	Key struct {
		ChainID  string `json:"chain_id"`
		Signer   []byte `json:"signer"`
		Endpoint string `json:"endpoint"`
	} `json:"key"`
	Proof []byte `json:"proof"`
}

// prove lets the command line prove that an operator possesses its signer key.
func (l *Life) prove(ctx context.Context, operator *Operator) (keyProof, error) {
	var proof keyProof
	err := RunJSON(ctx, &proof, l.stafi.Binary, "tx", "ssv", "prove-key", l.original.ID, "--key", operator.Signer.Name,
		"--operator", operator.Address, "--endpoint", operator.Endpoint, "--chain-id", l.stafi.ID, "--keyring-backend", "test", "--home", operator.Signer.Home)
	return proof, err
}

// forge signs with an operator's signer key what no command line would: a proof for another operator.
func (l *Life) forge(ctx context.Context, owner *Operator, operator string) (keyProof, error) {
	key, err := l.stafi.PrivateKey(ctx, owner.Signer)
	if err != nil {
		return keyProof{}, err
	}
	return possession(key, l.stafi.ID, operator, l.original.ID)
}
