package observe

import (
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/contracts/ethereum/evmtest"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	vaultethereum "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// accountAfter is the account that is reported after one block.
func (s *safeScene) accountAfter() *types.AccountEvent {
	s.t.Helper()
	s.mine()
	for _, event := range s.derive().Events {
		if account := event.GetAccount(); account != nil {
			return account
		}
	}
	return nil
}

func TestASafeIsReportedOnceItAndItsDepositContractAreDeployedWithExactlyTheVaultsOwners(t *testing.T) {
	for _, size := range []struct{ size, threshold int }{{1, 1}, {4, 3}, {21, 15}} {
		first := members(t, "a", 1, size.size, uint32(size.threshold))
		s := undeployed(t, first)
		s.evm.Fund(s.safe, big.NewInt(5))
		require.Nil(t, s.accountAfter(), "ether at the address is no Safe")
		s.deploySafe(first)
		require.Nil(t, s.accountAfter(), "deposits would be lost")
		s.deployDeposit()
		require.Equal(t, &types.AccountEvent{Vault: 1, Plain: true, Type: proxyCodeHash.Hex(), Locked: math.ZeroInt()}, s.accountAfter())
		require.Equal(t, crypto.Keccak256Hash(s.evm.Code(s.safe)), proxyCodeHash)
	}
}

func TestASafeOfAnythingElseIsNotPlain(t *testing.T) {
	wanted := func(t *testing.T, v safeVault) []vaultethereum.Slot {
		slots, err := storageOf(v.Vault)
		require.NoError(t, err)
		return slots
	}
	first := members(t, "a", 1, 4, 3)
	for i := range wanted(t, first) {
		s := undeployed(t, first)
		s.deploySafe(first)
		s.chain.altered = func(_ *execution.Account, values []common.Hash) {
			if len(values) > 0 {
				values[i][31]++
			}
		}
		require.False(t, s.accountAfter().Plain, "slot %d", i)
	}
	for name, change := range map[string]func(*safeScene){
		"other owners":      func(s *safeScene) { s.in.Vaults[0].Keys = members(t, "other", 1, 4, 3).Keys },
		"an owner less":     func(s *safeScene) { s.in.Vaults[0].Keys = s.in.Vaults[0].Keys[:3] },
		"another threshold": func(s *safeScene) { s.in.Vaults[0].Threshold = 2 },
		"an enabled module": func(s *safeScene) { s.enableModule(first) },
		"a handed over Safe": func(s *safeScene) {
			s.execute(s.rogue(first, s.handing(new(big.Int), members(t, "b", 2, 4, 3))))
		},
		"other code": func(s *safeScene) {
			s.chain.altered = func(a *execution.Account, _ []common.Hash) { a.CodeHash[0]++ }
		},
		"the address of an older vault": func(s *safeScene) {
			s.in.Vaults[0].ID = 2
			older := s.in.Vaults[0]
			older.ID, older.Open, older.AccountKnown = 1, false, true
			s.in.Vaults = append(s.in.Vaults, older)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := undeployed(t, first)
			s.deploySafe(first)
			change(s)
			s.in.To = s.mine()
			o, _, err := Derive(context.Background(), s.in, wide)
			require.NoError(t, err)
			require.False(t, o.Events[len(o.Events)-1].GetAccount().Plain)
		})
	}
}

// enableModule has the owners enable a module.
func (s *safeScene) enableModule(vault safeVault) {
	module := append(crypto.Keccak256([]byte("enableModule(address)"))[:4], common.LeftPadBytes([]byte{0xaa}, 32)...)
	plain, err := (s.paying(new(big.Int), toAddress(common.Address{1}, 0))).Plain()
	require.NoError(s.t, err)
	tx := vaultethereum.SafeTx{
		To: s.safe, Value: new(big.Int), Data: module, SafeTxGas: big.NewInt(200_000), BaseGas: new(big.Int), GasPrice: new(big.Int), Nonce: new(big.Int),
	}
	digest, err := tx.Hash(plain.Domain())
	require.NoError(s.t, err)
	var signatures []byte
	for i := range int(vault.Threshold) {
		signature, err := crypto.Sign(digest.Bytes(), vault.private[i])
		require.NoError(s.t, err)
		signature[64] += 27
		signatures = append(signatures, signature...)
	}
	s.execute(tx.Calldata(signatures))
	require.Equal(s.t, common.BytesToHash([]byte{0xaa}), s.block[len(s.block)-1].Logs[0].Topics[1], "EnabledModule is logged")
}

func TestTheNonceOfASafeThatWasUsedBeforeIsTold(t *testing.T) {
	first := members(t, "a", 1, 4, 3)
	s := undeployed(t, first)
	s.deploySafe(first)
	s.deployDeposit()
	s.evm.Fund(s.safe, evmtest.Ether(1))
	s.execute(s.rogue(first, s.paying(new(big.Int), toAddress(common.Address{1}, 5))))
	account := s.accountAfter()
	require.True(t, account.Plain)
	require.Equal(t, uint64(1), account.Sequence)
}

func TestAVaultThatSucceedsAnotherHasNoAccountToProve(t *testing.T) {
	s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
	s.successor("b", 2, 4, 3)
	require.Nil(t, s.accountAfter())
}

func TestAnEthereumInputThatNoObservationCanBeIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Input){
		"no light client":           func(in *Input) { in.Ethereum = nil },
		"no Ethereum chain":         func(in *Input) { in.Contract.Ethereum = nil },
		"another kind":              func(in *Input) { in.Contract.Kind++ },
		"no denom":                  func(in *Input) { in.Contract.Denom = "" },
		"a light client of another": func(in *Input) { in.Contract.ChainId = "eip155-2" },
		"a wrong checksum":          func(in *Input) { in.Vaults[0].Address = "0xAA" + in.Vaults[0].Address[4:] },
		"a Cosmos address":          func(in *Input) { in.Vaults[0].Address = testAddress("vault") },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSafeScene(t, members(t, "a", 1, 4, 3))
			s.in.To = s.mine()
			change(&s.in)
			_, _, err := Derive(context.Background(), s.in, wide)
			require.ErrorIs(t, err, ErrInput)
		})
	}
	first := members(t, "a", 1, 4, 3)
	s := undeployed(t, first)
	s.in.To = s.mine()
	s.in.Vaults[0].Keys = [][]byte{{2}}
	_, _, err := Derive(context.Background(), s.in, wide)
	require.ErrorIs(t, err, ErrInput)
}

func TestAnAccountThatDoesNotExistIsNone(t *testing.T) {
	first := members(t, "a", 1, 4, 3)
	s := undeployed(t, first)
	account, _, err := s.chain.AccountAt(context.Background(), 10, s.safe)
	require.NoError(t, err)
	require.Equal(t, ethtypes.EmptyCodeHash, account.CodeHash)
	require.Nil(t, s.accountAfter())
}
