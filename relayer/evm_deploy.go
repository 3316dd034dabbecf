package relayer

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/stafiprotocol/stafid/relayer/ethereumtx"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// Gas limits of deployments, as tests measure them on the audited code; what is not used is not paid.
const (
	safeBaseGas  = 450_000
	safeOwnerGas = 30_000
	depositGas   = 700_000
)

// deployment is what is proven to be there after a block.
type deployment struct {
	at            int64
	safe, deposit bool
}

func (d deployment) complete() bool { return d.safe && d.deposit }

func safeKey(vault observe.Generation) string { return "deploy/" + vault.Vault.Address }

func depositKey(vault observe.Generation) string { return "deposit/" + vault.Vault.Address }

// deploy has the contract's Safe deployed, and then its deposit contract, by the member whose turn it is (protocol §7). Anyone could, and the result is
// the same; without the Safe the vault is never ACTIVE, without the deposit contract nobody can deposit.
func (e *evm) deploy(ctx context.Context, view stafi.View, contract stafi.Contract) error {
	vault, ok := contract.Observers()
	if !ok || e.deployed[vault.Vault.Address].complete() {
		return nil
	}
	me, ok := member(vault, view)
	if !ok {
		return nil
	}
	first, safe, err := e.firstOf(contract, vault)
	if err != nil {
		return err
	}
	found, err := e.prove(ctx, safe)
	if err != nil || found.complete() {
		return err
	}
	turn := designated(vault.Vault.Id, view.Height-vault.Vault.CreatedHeight, evmPatience, len(vault.Signers)) == me
	if !found.safe {
		if err := e.deploySafe(ctx, contract, first, safe, turn); err != nil {
			return err
		}
	}
	return e.deployDeposit(ctx, contract, vault, safe, turn, found)
}

// firstOf is the vault that the Safe is deployed with, and the Safe's address, derived from its keys anew.
func (e *evm) firstOf(contract stafi.Contract, vault observe.Generation) (observe.Generation, common.Address, error) {
	kind := ethereumPayloads{contract: contract}
	if err := (payloads{node: e.node, contract: contract}).checkAddress(kind, vault); err != nil {
		return vault, common.Address{}, err
	}
	first, err := kind.first(vault)
	if err != nil {
		return vault, common.Address{}, err
	}
	safe, err := vaultethereum.ParseAddress(vault.Vault.Address)
	return first, safe, err
}

// prove looks, once after each final block, for the Safe and the deposit contract.
func (e *evm) prove(ctx context.Context, safe common.Address) (deployment, error) {
	head, err := e.client.Head()
	if err != nil {
		return deployment{}, err
	}
	if known, ok := e.deployed[safe.Hex()]; ok && known.at == head.Height {
		return known, nil
	}
	found := deployment{at: head.Height}
	account, _, err := e.accounts.AccountAt(ctx, uint64(head.Height), safe)
	if err != nil {
		return found, err
	}
	found.safe = account.Exists && account.CodeHash != types.EmptyCodeHash
	if found.safe {
		deposit, _, err := e.accounts.AccountAt(ctx, uint64(head.Height), vaultethereum.DepositContract(safe))
		if err != nil {
			return found, err
		}
		found.deposit = deposit.CodeHash == vaultethereum.DepositCodeHash(safe)
	}
	e.deployed[safe.Hex()] = found
	return found, nil
}

func (e *evm) deploySafe(ctx context.Context, contract stafi.Contract, first observe.Generation, safe common.Address, turn bool) error {
	genesis, err := genesisOf(first)
	if err != nil {
		return err
	}
	calldata, err := genesis.Deploy(vaultethereum.Canonical())
	if err != nil {
		return err
	}
	return e.want(ctx, status.Account, contractScope(contract.Id), fmt.Sprintf("Safe %s of vault %d", safe, first.Vault.Id), ethereumtx.Intent{
		Key: safeKey(first), To: vaultethereum.Canonical().Factory, Data: calldata,
		Gas: safeBaseGas + safeOwnerGas*uint64(len(genesis.Owners)), Done: hasCode(safe), Proven: unproven,
	}, turn)
}

// deployDeposit waits until the Safe is there, without which the deployment would revert.
func (e *evm) deployDeposit(ctx context.Context, contract stafi.Contract, vault observe.Generation, safe common.Address, turn bool, found deployment) error {
	has, err := e.sender.Has(depositKey(vault))
	if err != nil || (!has && !turn) {
		return err
	}
	if !found.safe {
		if there, err := e.sender.Agree(ctx, hasCode(safe)); err != nil || !there {
			return err
		}
	}
	deposit := vaultethereum.DepositContract(safe)
	return e.want(ctx, status.Account, contractScope(contract.Id), fmt.Sprintf("deposit contract %s of contract %d", deposit, contract.Id), ethereumtx.Intent{
		Key: depositKey(vault), To: vaultethereum.SingletonFactory, Data: vaultethereum.DepositDeploy(safe), Gas: depositGas,
		Done: hasCode(deposit), Proven: unproven,
	}, turn)
}

func hasCode(account common.Address) func(context.Context, ethereumtx.Node) (bool, error) {
	return func(ctx context.Context, node ethereumtx.Node) (bool, error) { return node.HasCode(ctx, account) }
}

// unproven is for what is only wanted while it is proven not to be there.
func unproven(context.Context) (bool, error) { return false, nil }
