package ethereumlife

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/stafiprotocol/stafid/scripts/e2e"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	// firstVaultLimit is how long it takes to the first election, two eras, and from it to a Safe that is proven.
	firstVaultLimit e2e.Blocks = 600
	// eraLimit is a long era, where slots are twice as long as blocks of StaFi, and what its handover may take.
	eraLimit e2e.Blocks = 2*longEra + 400
)

// firstVault waits until relayers have deployed the Safe and its deposit contract, and looks at both on geth.
func (l *Life) firstVault(ctx context.Context) error {
	pending, err := e2e.Await(ctx, "a committee and its vault", firstVaultLimit, func(ctx context.Context) (multisigtypes.Vault, bool, error) {
		vaults, err := l.stafi.Vaults(ctx, l.contract)
		if err != nil || len(vaults) == 0 {
			return multisigtypes.Vault{}, false, err
		}
		return vaults[0], true, nil
	})
	if err != nil {
		return err
	}
	l.gate.Guard(common.HexToAddress(pending.Address))
	begin := time.Now()
	active, err := l.awaitActive(ctx, firstVaultLimit, func(vault uint64) bool { return vault != 0 })
	if err != nil {
		return err
	}
	l.vault = active
	l.report.Fact("first vault: from its committee to its Safe deployed, final and proven: %s", seconds(time.Since(begin)))
	if active.Id != pending.Id {
		return fmt.Errorf("%w: vault %d is active, %d was elected", errUnexpected, active.Id, pending.Id)
	}
	if err := l.expectOwners(ctx, active.Id); err != nil {
		return err
	}
	deposit, err := l.depositContract(ctx)
	if err != nil {
		return err
	}
	safe, err := l.chain.read(ctx, deposit, "SAFE")
	if err != nil {
		return err
	}
	if safe.(common.Address) != l.safe() {
		return fmt.Errorf("%w: the deposit contract %s pays into %s, want the Safe %s", errUnexpected, deposit, safe, l.safe())
	}
	l.report.Say("Safe %s and deposit contract %s", l.safe(), deposit)
	return nil
}

// awaitActive waits until a vault that is wanted is ACTIVE and no handover is open.
func (l *Life) awaitActive(ctx context.Context, limit e2e.Blocks, wanted func(vault uint64) bool) (multisigtypes.Vault, error) {
	info, err := e2e.Await(ctx, "a vault to be active", limit, func(ctx context.Context) (contracttypes.ContractInfo, bool, error) {
		info, err := l.stafi.Contract(ctx, l.contract)
		return info, wanted(info.State.ActiveVault) && info.State.Handover == contracttypes.HANDOVER_STAGE_NONE, err
	})
	if err != nil {
		return multisigtypes.Vault{}, err
	}
	answer, err := l.stafi.Vault(ctx, info.State.ActiveVault)
	if err != nil {
		return multisigtypes.Vault{}, err
	}
	return answer.Vault, nil
}

// expectOwners wants the Safe on geth to be owned by exactly a vault's signers.
func (l *Life) expectOwners(ctx context.Context, vault uint64) error {
	answer, err := l.stafi.Vault(ctx, vault)
	if err != nil {
		return err
	}
	want := make([]common.Address, len(answer.Signers))
	names := make([]string, len(answer.Signers))
	for i, signer := range answer.Signers {
		key, err := crypto.DecompressPubkey(signer.Key)
		if err != nil {
			return err
		}
		want[i], names[i] = crypto.PubkeyToAddress(*key), signer.Operator
	}
	slices.SortFunc(want, common.Address.Cmp)
	owners, threshold, err := l.chain.owners(ctx, l.safe())
	if err != nil {
		return err
	}
	if !slices.Equal(owners, want) || threshold != committeeThreshold {
		return fmt.Errorf("%w: the Safe is owned by %v with threshold %d, the members of vault %d are %v", errUnexpected, owners, threshold, vault, want)
	}
	l.report.Say("vault %d: the Safe is owned by the keys of %s, threshold %d", vault, l.stafi.Names(names), threshold)
	return nil
}

func (l *Life) safe() common.Address { return common.HexToAddress(l.vault.Address) }

// depositContract is the one that StaFi names; it must be on geth.
func (l *Life) depositContract(ctx context.Context) (common.Address, error) {
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return common.Address{}, err
	}
	if !common.IsHexAddress(info.DepositContract) || info.DepositAddress != l.vault.Address {
		return common.Address{}, fmt.Errorf("%w: deposit contract %q, deposit address %q, vault %s", errUnexpected, info.DepositContract, info.DepositAddress, l.vault.Address)
	}
	address := common.HexToAddress(info.DepositContract)
	code, err := l.chain.Code(ctx, address)
	if err == nil && len(code) == 0 {
		err = fmt.Errorf("%w: no code at the deposit contract's address %s", errUnexpected, address)
	}
	return address, err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
