package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

func TestAVaultIsPendingWithItsAddressAndSignersInKeyOrder(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	vault, err := f.keeper.CreateVault(f.ctx, newVault(members, 3))
	require.NoError(t, err)
	require.Equal(t, types.Vault{
		Id: 1, Contract: 1, Generation: 1, Era: 7, Kind: types.CHAIN_KIND_COSMOS, ChainId: "wasm-1", Bech32Prefix: "cosmos",
		Address: vault.Address, Size_: 4, Threshold: 3, Status: types.VAULT_STATUS_PENDING, CreatedHeight: 1,
	}, vault)
	signers, err := f.keeper.VaultSigners(f.ctx, 1)
	require.NoError(t, err)
	require.ElementsMatch(t, testutil.Signers(members), withoutIndexes(signers))
	for i, signer := range signers {
		index, found, err := f.keeper.SignerIndex(f.ctx, 1, signer.Operator)
		require.NoError(t, err)
		require.True(t, found)
		require.EqualValues(t, i, index)
	}
	_, found, err := f.keeper.SignerIndex(f.ctx, 1, testutil.NewMember("nobody").Operator)
	require.NoError(t, err)
	require.False(t, found)
	byAddress, found, err := f.keeper.VaultByAddress(f.ctx, 1, vault.Address)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, vault, byAddress)
	_, found, err = f.keeper.VaultByAddress(f.ctx, 2, vault.Address)
	require.NoError(t, err)
	require.False(t, found)
}

func withoutIndexes(signers []types.Signer) []types.Signer {
	plain := make([]types.Signer, len(signers))
	for i, signer := range signers {
		plain[i] = types.Signer{Operator: signer.Operator, Key: signer.Key}
	}
	return plain
}

func TestAContractsVaultsAreItsGenerationsInOrder(t *testing.T) {
	f := newFixture(t)
	other := newVault(testutil.NewCommittee("b", 4), 3)
	other.Contract = 2
	for _, v := range []types.NewVault{newVault(testutil.NewCommittee("a", 4), 3), other, newVault(testutil.NewCommittee("c", 5), 4)} {
		_, err := f.keeper.CreateVault(f.ctx, v)
		require.NoError(t, err)
	}
	vaults, err := f.keeper.ContractVaults(f.ctx, 1)
	require.NoError(t, err)
	require.Len(t, vaults, 2)
	require.Equal(t, []uint64{1, 3, 1, 2}, []uint64{vaults[0].Id, vaults[1].Id, vaults[0].Generation, vaults[1].Generation})
}

func TestAVaultIsRefusedThatCanNotBeMade(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	for name, c := range map[string]struct {
		change func(*types.NewVault)
		want   error
	}{
		"no Ethereum chain":       {func(v *types.NewVault) { v.Kind = types.CHAIN_KIND_ETHEREUM }, types.ErrInvalidVault},
		"an account taken over":   {func(v *types.NewVault) { v.Succeeds = 1 }, types.ErrInvalidVault},
		"a Bitcoin chain":         {func(v *types.NewVault) { v.Kind = types.CHAIN_KIND_BITCOIN }, types.ErrKindNotServed},
		"no chain kind":           {func(v *types.NewVault) { v.Kind = 0 }, types.ErrKindNotServed},
		"an unknown chain kind":   {func(v *types.NewVault) { v.Kind = 9 }, types.ErrKindNotServed},
		"no contract":             {func(v *types.NewVault) { v.Contract = 0 }, types.ErrInvalidVault},
		"no chain id":             {func(v *types.NewVault) { v.ChainID = "" }, types.ErrInvalidVault},
		"no prefix":               {func(v *types.NewVault) { v.Bech32Prefix = "" }, types.ErrInvalidVault},
		"no signers":              {func(v *types.NewVault) { v.Signers = nil }, types.ErrInvalidVault},
		"a threshold of 0":        {func(v *types.NewVault) { v.Threshold = 0 }, types.ErrInvalidVault},
		"a threshold above M":     {func(v *types.NewVault) { v.Threshold = 5 }, types.ErrInvalidVault},
		"a signer without a name": {func(v *types.NewVault) { v.Signers[2].Operator = "" }, types.ErrInvalidVault},
		"an operator twice":       {func(v *types.NewVault) { v.Signers[2].Operator = v.Signers[1].Operator }, types.ErrInvalidVault},
		"a key twice":             {func(v *types.NewVault) { v.Signers[2].Key = v.Signers[1].Key }, types.ErrInvalidVault},
		"a short key":             {func(v *types.NewVault) { v.Signers[2].Key = v.Signers[2].Key[1:] }, types.ErrInvalidVault},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVault(members, 3)
			c.change(&v)
			f.unchanged(c.want, func(ctx sdk.Context) error {
				_, err := f.keeper.CreateVault(ctx, v)
				return err
			})
		})
	}
}

func TestAVaultsStatusMovesOnlyForward(t *testing.T) {
	const (
		pending  = types.VAULT_STATUS_PENDING
		active   = types.VAULT_STATUS_ACTIVE
		retiring = types.VAULT_STATUS_RETIRING
		closed   = types.VAULT_STATUS_CLOSED
	)
	legal := map[types.VaultStatus][]types.VaultStatus{
		pending: {active, closed}, active: {retiring}, retiring: {closed, active}, closed: nil,
	}
	path := map[types.VaultStatus][]types.VaultStatus{
		pending: nil, active: {active}, retiring: {active, retiring}, closed: {active, retiring, closed},
	}
	for from, to := range legal {
		for _, next := range []types.VaultStatus{0, pending, active, retiring, closed, 9} {
			f := newFixture(t)
			_, err := f.keeper.CreateVault(f.ctx, newVault(testutil.NewCommittee("a", 4), 3))
			require.NoError(t, err)
			require.NoError(t, f.keeper.SetVaultAccount(f.ctx, 1, 17, 0))
			for _, status := range path[from] {
				require.NoError(t, f.keeper.SetVaultStatus(f.ctx, 1, status))
			}
			allowed := false
			for _, status := range to {
				allowed = allowed || status == next
			}
			if allowed {
				require.NoError(t, f.keeper.SetVaultStatus(f.ctx, 1, next))
				continue
			}
			f.unchanged(types.ErrVaultStatus, func(ctx sdk.Context) error { return f.keeper.SetVaultStatus(ctx, 1, next) })
		}
	}
}

func TestAVaultIsNotActiveBeforeItsAccountIsProvenAndTheAccountIsProvenOnce(t *testing.T) {
	f := newFixture(t)
	_, err := f.keeper.CreateVault(f.ctx, newVault(testutil.NewCommittee("a", 4), 3))
	require.NoError(t, err)
	f.unchanged(types.ErrAccountUnknown, func(ctx sdk.Context) error {
		return f.keeper.SetVaultStatus(ctx, 1, types.VAULT_STATUS_ACTIVE)
	})
	require.NoError(t, f.keeper.SetVaultAccount(f.ctx, 1, 17, 3))
	f.unchanged(types.ErrVaultStatus, func(ctx sdk.Context) error { return f.keeper.SetVaultAccount(ctx, 1, 18, 0) })
	f.unchanged(types.ErrVaultNotFound, func(ctx sdk.Context) error { return f.keeper.SetVaultAccount(ctx, 2, 18, 0) })
	f.unchanged(types.ErrVaultNotFound, func(ctx sdk.Context) error {
		return f.keeper.SetVaultStatus(ctx, 2, types.VAULT_STATUS_CLOSED)
	})
	vault, err := f.keeper.Vault(f.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, []uint64{17, 3}, []uint64{vault.AccountNumber, vault.Sequence})
}

func TestACommitteeElectedAgainGetsItsOldVaultBackWithItsAccount(t *testing.T) {
	for status, want := range map[types.VaultStatus]types.VaultStatus{
		types.VAULT_STATUS_RETIRING: types.VAULT_STATUS_RETIRING,
		types.VAULT_STATUS_CLOSED:   types.VAULT_STATUS_PENDING,
	} {
		f := newFixture(t)
		members := testutil.NewCommittee("a", 4)
		vault := f.activeVault(members, 3)
		require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_RETIRING))
		if status == types.VAULT_STATUS_CLOSED {
			require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, status))
		}
		again := newVault(members, 3)
		again.Era = 9
		readmitted, err := f.keeper.CreateVault(f.ctx, again)
		require.NoError(t, err)
		vault.Era, vault.Status = 9, want
		require.Equal(t, vault, readmitted)
		require.True(t, readmitted.AccountKnown)
		require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_ACTIVE))
	}
}

func TestAnAddressInUseGivesNoSecondVault(t *testing.T) {
	f := newFixture(t)
	members := testutil.NewCommittee("a", 4)
	create := func(v types.NewVault) func(sdk.Context) error {
		return func(ctx sdk.Context) error {
			_, err := f.keeper.CreateVault(ctx, v)
			return err
		}
	}
	_, err := f.keeper.CreateVault(f.ctx, newVault(members, 3))
	require.NoError(t, err)
	f.unchanged(types.ErrVaultExists, create(newVault(members, 3)))
	require.NoError(t, f.keeper.SetVaultAccount(f.ctx, 1, 17, 0))
	require.NoError(t, f.keeper.SetVaultStatus(f.ctx, 1, types.VAULT_STATUS_ACTIVE))
	f.unchanged(types.ErrVaultExists, create(newVault(members, 3)))

	sameChain, otherChain := newVault(members, 3), newVault(members, 3)
	sameChain.Contract, otherChain.Contract, otherChain.ChainID = 2, 2, "wasm-2"
	f.unchanged(types.ErrVaultExists, create(sameChain))
	vault, err := f.keeper.CreateVault(f.ctx, otherChain)
	require.NoError(t, err, "the same address on another chain is another account")
	require.EqualValues(t, 2, vault.Id)
}
