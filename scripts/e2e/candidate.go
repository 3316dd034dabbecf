package e2e

import (
	"context"
	"fmt"

	"github.com/stafiprotocol/stafid/relayer"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// RegisterAll enters every operator in the candidate register: the first one by its command line,
// as an operator does, the others by the same message.
func (n *Network) RegisterAll(ctx context.Context, originalChain string) error {
	parts := make([]func(context.Context) error, len(n.Operators))
	for i, operator := range n.Operators {
		parts[i] = func(ctx context.Context) error {
			register := n.Register
			if i == 0 {
				register = n.RegisterByCommand
			}
			if err := register(ctx, operator, originalChain); err != nil {
				return fmt.Errorf("register validator%d: %w", i, err)
			}
			return nil
		}
	}
	return Together(ctx, parts...)
}

// Register enters an operator in the candidate register: its submitter, its relayer's beacon key and its signer for one original chain, both
// keys with proofs of possession made here.
func (n *Network) Register(ctx context.Context, operator *Operator, originalChain string) error {
	key, err := n.PrivateKey(operator.Signer)
	if err != nil {
		return err
	}
	signer, err := possession(key, n.ID, operator.Address, originalChain)
	if err != nil {
		return err
	}
	config, err := relayer.ReadConfig(operator.RelayerHome)
	if err != nil {
		return err
	}
	secret, err := relayer.ReadBeaconKey(config.BeaconKeyPath(operator.RelayerHome))
	if err != nil {
		return err
	}
	proof, err := secret.ProvePossession(n.ID, operator.Address)
	if err != nil {
		return err
	}
	public := secret.PublicKey()
	_, err = n.Send(ctx, operator.Key, &ssvtypes.MsgRegisterCandidate{
		Operator: operator.Address, Submitter: operator.Submitter.Address,
		Beacon: &ssvtypes.BeaconKeyProof{Key: public[:], Proof: proof[:]},
		Chains: []ssvtypes.ChainKeyProof{{
			Key:   ssvtypes.ChainKey{ChainId: originalChain, Signer: signer.Key.Signer, Endpoint: operator.Endpoint},
			Proof: signer.Proof,
		}},
	})
	return err
}

// RegisterByCommand is Register by the operator's command line, which makes the proofs, too.
func (n *Network) RegisterByCommand(ctx context.Context, operator *Operator, originalChain string) error {
	proof, err := n.prove(ctx, operator, originalChain)
	if err != nil {
		return err
	}
	beacon, err := n.proveBeacon(ctx, operator, operator.Address)
	if err != nil {
		return err
	}
	_, err = n.registerWith(ctx, operator, operator.Submitter.Address, beacon, proof)
	return err
}

func (n *Network) registerWith(ctx context.Context, operator *Operator, submitter string, beacon beaconProof, proof keyProof) (Receipt, error) {
	return n.candidateTx(ctx, operator, "ssv register-candidate", map[string]any{
		"submitter": submitter, "beacon": beacon, "chains": []any{proof},
	})
}

func (n *Network) candidateTx(ctx context.Context, operator *Operator, command string, registration map[string]any) (Receipt, error) {
	path, err := n.writeJSON("candidate", registration)
	if err != nil {
		return Receipt{}, err
	}
	return n.Tx(ctx, operator.Key, command, path)
}

// beaconProof is a beacon key with its proof of possession, as the command line takes it.
type beaconProof struct {
	Key   []byte `json:"key"`
	Proof []byte `json:"proof"`
}

// proveBeacon lets an operator's relayer prove that it has its beacon key, for the operator that is named.
func (n *Network) proveBeacon(ctx context.Context, owner *Operator, operator string) (beaconProof, error) {
	var proof beaconProof
	err := RunJSON(ctx, &proof, n.Binary, "relayer", "prove-beacon", "--operator", operator, "--home", owner.RelayerHome)
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

// prove lets the command line prove that an operator possesses its signer key of an original chain.
func (n *Network) prove(ctx context.Context, operator *Operator, originalChain string) (keyProof, error) {
	var proof keyProof
	err := RunJSON(ctx, &proof, n.Binary, "tx", "ssv", "prove-key", originalChain, "--key", operator.Signer.Name,
		"--operator", operator.Address, "--endpoint", operator.Endpoint, "--chain-id", n.ID, "--keyring-backend", "test", "--home", operator.Signer.Home)
	return proof, err
}
