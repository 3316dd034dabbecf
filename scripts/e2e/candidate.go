package e2e

import "context"

// Register enters an operator in the candidate register by its command line: its submitter, its relayer's beacon key and its signer for one
// original chain, both keys with proofs of possession.
func (n *Network) Register(ctx context.Context, operator *Operator, originalChain string) error {
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
