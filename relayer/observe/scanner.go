package observe

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// maxKeptBlocks bounds a Scanner's memory: blocks beyond it are fetched again.
const maxKeptBlocks = 16384

// Scanner derives as Derive and Rederive do, with the same results, and remembers of each block only the transactions that concern
// the vaults, so that a relayer that derives after every block fetches and decodes each block once. What it remembers it forgets
// when the vaults change or the range moves on. It is safe for concurrent use; one serves one contract of one chain.
type Scanner struct {
	mu     sync.Mutex
	set    [sha256.Size]byte
	blocks map[uint64]*lightclient.Block
}

// Derive is Derive with the Scanner's memory.
func (s *Scanner) Derive(ctx context.Context, in Input, limits Limits) (types.Observation, []Quarantined, error) {
	in, err := s.over(in)
	if err != nil {
		return types.Observation{}, nil, err
	}
	return Derive(ctx, in, limits)
}

// Rederive is Rederive with the Scanner's memory.
func (s *Scanner) Rederive(ctx context.Context, in Input, toIndex uint32) (types.Observation, []Quarantined, error) {
	in, err := s.over(in)
	if err != nil {
		return types.Observation{}, nil, err
	}
	return Rederive(ctx, in, toIndex)
}

// over puts the memory, fit for the input, between the input and its chain.
func (s *Scanner) over(in Input) (Input, error) {
	d, err := newDerivation(in)
	if err != nil {
		return Input{}, err
	}
	set := d.fingerprint()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocks == nil || s.set != set {
		s.set, s.blocks = set, map[uint64]*lightclient.Block{}
	}
	for height := range s.blocks {
		if height <= in.From {
			delete(s.blocks, height)
		}
	}
	in.Chain = sieve{Chain: in.Chain, scanner: s, derivation: d, set: set}
	return in, nil
}

// fingerprint identifies all that decides which transactions concern the vaults.
func (d *derivation) fingerprint() [sha256.Size]byte {
	hash := sha256.New()
	write := func(bz []byte) {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(bz)))
		hash.Write(bz)
	}
	write([]byte(d.in.Contract.ChainId))
	write([]byte(d.prefix))
	for _, vault := range d.owners {
		write([]byte(vault.Address))
		_ = binary.Write(hash, binary.BigEndian, [2]uint64{uint64(vault.Threshold), uint64(len(vault.Keys))})
		for _, key := range vault.Keys {
			write(key)
		}
	}
	return [sha256.Size]byte(hash.Sum(nil))
}

// sieve is a Chain that remembers blocks, less the transactions that concern no vault.
type sieve struct {
	Chain
	scanner    *Scanner
	derivation *derivation
	set        [sha256.Size]byte
}

// Block implements Chain.
func (s sieve) Block(ctx context.Context, height uint64) (*lightclient.Block, error) {
	if block := s.scanner.kept(s.set, height); block != nil {
		return block, nil
	}
	block, err := s.Chain.Block(ctx, height)
	if err != nil {
		return nil, err
	}
	sifted := *block
	sifted.Txs = nil
	for _, tx := range block.Txs {
		if s.derivation.concerns(tx) {
			sifted.Txs = append(sifted.Txs, tx)
		}
	}
	s.scanner.keep(s.set, height, &sifted)
	return &sifted, nil
}

func (s *Scanner) kept(set [sha256.Size]byte, height uint64) *lightclient.Block {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set != set {
		return nil
	}
	return s.blocks[height]
}

func (s *Scanner) keep(set [sha256.Size]byte, height uint64, block *lightclient.Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == set && len(s.blocks) < maxKeptBlocks {
		s.blocks[height] = block
	}
}

// concerns says whether a transaction can matter to a derivation: it can't be read, a vault signed it, or it succeeded with an
// output to a vault.
func (d *derivation) concerns(tx lightclient.Tx) bool {
	if neverRan(tx) {
		return false
	}
	decoded, err := Decode(tx.Bytes)
	if err != nil || len(d.signersOf(decoded)) > 0 {
		return true
	}
	if tx.Code != 0 {
		return false
	}
	for _, output := range decoded.Outputs {
		if d.owner(output.Recipient) != nil {
			return true
		}
	}
	return false
}
