package keeper_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/x/multisig/testutil"
	"github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

// safeFixture is the module with a chain on which the vault's Safe really is.
type safeFixture struct {
	*fixture
	chain *evmtest.Chain
	// vault is the ACTIVE one, held by members.
	vault   types.Vault
	members []testutil.Member
}

func newSafe(members []testutil.Member, threshold uint32) types.NewVault {
	v := newVault(members, threshold)
	v.Kind, v.ChainID, v.Bech32Prefix = types.CHAIN_KIND_ETHEREUM, ethereum.ChainID(evmtest.Number), ""
	return v
}

// newSafeFixture makes a contract's first vault, deploys its Safe with ten ether, and makes the vault ACTIVE.
func newSafeFixture(t testing.TB, size int, threshold uint32) *safeFixture {
	t.Helper()
	f := &safeFixture{fixture: newFixture(t), chain: evmtest.New(t), members: testutil.NewCommittee("a", size)}
	f.chain.DeploySafeContracts()
	f.register(f.members)
	vault, err := f.keeper.CreateVault(f.ctx, newSafe(f.members, threshold))
	require.NoError(t, err)
	f.deploy(vault)
	f.chain.Fund(common.HexToAddress(vault.Address), evmtest.Ether(10))
	require.NoError(t, f.keeper.SetVaultAccount(f.ctx, vault.Id, 0, 0))
	require.NoError(t, f.keeper.SetVaultStatus(f.ctx, vault.Id, types.VAULT_STATUS_ACTIVE))
	f.vault, err = f.keeper.Vault(f.ctx, vault.Id)
	require.NoError(t, err)
	return f
}

// owners are a vault's signers as its Safe has to list them.
func (f *safeFixture) owners(vault types.Vault) ethereum.Owners {
	signers, err := f.keeper.VaultSigners(f.ctx, vault.Id)
	require.NoError(f.t, err)
	owners := ethereum.Owners{List: make([]common.Address, len(signers)), Threshold: vault.Threshold}
	for _, signer := range signers {
		owners.List[signer.Place], err = ethereum.KeyAddress(signer.Key)
		require.NoError(f.t, err)
	}
	return owners
}

func (f *safeFixture) deploy(vault types.Vault) {
	f.t.Helper()
	owners := f.owners(vault)
	calldata, err := ethereum.Genesis{Owners: owners.List, Threshold: owners.Threshold, Salt: vault.Contract}.Deploy(ethereum.Canonical())
	require.NoError(f.t, err)
	factory := ethereum.Canonical().Factory
	receipt := f.chain.Send(evmtest.Tx{From: f.chain.Account("anyone"), To: &factory, Data: calldata})
	require.False(f.t, receipt.Reverted, receipt.Reason)
	f.requireOwners(vault)
}

// requireOwners wants the Safe to be exactly a vault's.
func (f *safeFixture) requireOwners(vault types.Vault) {
	f.t.Helper()
	for _, slot := range ethereum.Storage(ethereum.Canonical().Singleton, f.owners(vault)) {
		require.Equal(f.t, slot.Value, f.chain.Storage(common.HexToAddress(vault.Address), slot.Key), "slot %s", slot.Key)
	}
	nonce := f.chain.Storage(common.HexToAddress(vault.Address), ethereum.NonceSlot())
	require.Equal(f.t, vault.Sequence, nonce.Big().Uint64())
}

var staker = common.HexToAddress("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")

func (f *safeFixture) payoutRequest() types.NewSession {
	return types.NewSession{
		Vault: f.vault.Id, Purpose: types.PURPOSE_PAYOUT, Denom: "wei", GasLimit: ethereum.PayoutGas(2), TimeoutHeight: types.NoTimeout, Obliged: true,
		Outputs: []types.Output{
			{Address: staker.Hex(), Amount: math.NewInt(1_000)}, {Address: common.HexToAddress("0xb0b").Hex(), Amount: math.NewInt(2_000)},
		},
		Fee: sdk.NewCoin("wei", math.NewInt(1e15)),
	}
}

func (f *safeFixture) payout() types.Session {
	f.t.Helper()
	session, err := f.keeper.OpenSession(f.ctx, f.payoutRequest())
	require.NoError(f.t, err)
	return session
}

// pending makes the vault of another committee that is to take the Safe over.
func (f *safeFixture) pending(members []testutil.Member, threshold uint32) types.Vault {
	f.t.Helper()
	f.register(members)
	request := newSafe(members, threshold)
	request.Succeeds = f.vault.Id
	vault, err := f.keeper.CreateVault(f.ctx, request)
	require.NoError(f.t, err)
	return vault
}

func (f *safeFixture) handoverRequest(next types.Vault) types.NewSession {
	return types.NewSession{
		Vault: f.vault.Id, Purpose: types.PURPOSE_HANDOVER, Next: next.Id, Denom: "wei", GasLimit: ethereum.HandoverGas(int(next.Size_) + 1),
		TimeoutHeight: types.NoTimeout, Obliged: true, Fee: sdk.NewCoin("wei", math.NewInt(1e15)),
	}
}

func (f *safeFixture) handover(next types.Vault) types.Session {
	f.t.Helper()
	session, err := f.keeper.OpenSession(f.ctx, f.handoverRequest(next))
	require.NoError(f.t, err)
	return session
}

// signSafe has the first members sign, as many as given, and returns the complete calldata.
func (f *safeFixture) signSafe(session uint64, signers int) []byte {
	f.t.Helper()
	info, err := f.query.Session(f.ctx, &types.QuerySessionRequest{Id: session})
	require.NoError(f.t, err)
	for _, member := range f.members[:signers] {
		signature, err := member.SignEthereum(*info.Payload.EthereumPayload())
		require.NoError(f.t, err)
		response, err := f.submit(member, session, signature)
		require.NoError(f.t, err)
		require.True(f.t, response.Accepted)
	}
	if uint32(signers) < f.vault.Threshold {
		return nil
	}
	signed, err := f.query.SignedTransaction(f.ctx, &types.QuerySignedTransactionRequest{Id: session})
	require.NoError(f.t, err)
	require.Equal(f.t, common.BytesToHash(info.Session.Digests[0]).Hex(), signed.Hash)
	return signed.Transaction
}

// execute sends calldata to the Safe and returns the session that the Safe's log names.
func (f *safeFixture) execute(calldata []byte) uint64 {
	f.t.Helper()
	safe := common.HexToAddress(f.vault.Address)
	receipt := f.chain.Send(evmtest.Tx{From: f.chain.Account("anyone"), To: &safe, Data: calldata, Gas: 2_000_000})
	require.False(f.t, receipt.Reverted, receipt.Reason)
	for _, log := range receipt.Logs {
		execution, err := ethereum.ParseExecution(log.Topics, log.Data)
		if err != nil || log.Address != safe {
			continue
		}
		require.True(f.t, execution.Success)
		session, found, err := f.keeper.SessionOfDigest(f.ctx, execution.SafeTx.Bytes())
		require.NoError(f.t, err)
		require.True(f.t, found)
		return session
	}
	require.Fail(f.t, "the Safe logged no execution")
	return 0
}

// refusedBySafe wants calldata to revert.
func (f *safeFixture) refusedBySafe(calldata []byte) {
	f.t.Helper()
	safe := common.HexToAddress(f.vault.Address)
	receipt := f.chain.Send(evmtest.Tx{From: f.chain.Account("anyone"), To: &safe, Data: calldata, Gas: 2_000_000})
	require.True(f.t, receipt.Reverted)
	require.Equal(f.t, "GS026", receipt.Reason)
}

// take makes the vault of another committee, whose handover is proven, the ACTIVE one.
func (f *safeFixture) take(next types.Vault, members []testutil.Member) {
	f.t.Helper()
	require.NoError(f.t, f.keeper.SetVaultStatus(f.ctx, f.vault.Id, types.VAULT_STATUS_RETIRING))
	require.NoError(f.t, f.keeper.SetVaultStatus(f.ctx, next.Id, types.VAULT_STATUS_ACTIVE))
	var err error
	f.vault, err = f.keeper.Vault(f.ctx, next.Id)
	require.NoError(f.t, err)
	f.members = members
	f.requireOwners(f.vault)
}

func (f *safeFixture) prove(session uint64) types.Session {
	f.t.Helper()
	proven, err := f.keeper.Prove(f.ctx, session)
	require.NoError(f.t, err)
	f.vault, err = f.keeper.Vault(f.ctx, f.vault.Id)
	require.NoError(f.t, err)
	return proven
}
