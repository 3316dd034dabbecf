package pool

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// PageSize is how many entries a page of a frozen pool has at most: a page is about 16 KB with one chain, and a pool of 100,000 has
// some 400.
const PageSize = 256

// maxOperatorLen is what a page can hold: lengths are bytes.
const maxOperatorLen = 255

// Row is one entry of a frozen pool.
type Row struct {
	// Operator is the raw address.
	Operator []byte
	Weight   uint64
	Resting  bool
	// Signers are the 33-byte keys by number of the chain, nil for a chain that the candidate does not serve.
	Signers [][]byte
}

// Chains returns the ids of the chains that demands name, in order, each once: their places are their numbers in a pool's pages.
func Chains(demands []types.Demand) []string {
	chains := make([]string, len(demands))
	for i, demand := range demands {
		chains[i] = demand.ChainId
	}
	slices.Sort(chains)
	return slices.Compact(chains)
}

// Pack returns the page of some rows, which are in order of operator and have a signer or nil for each of that many chains.
func Pack(rows []Row, chains int) (types.PoolPage, error) {
	page := types.PoolPage{
		Lengths: make([]byte, len(rows)), Weights: make([]uint64, len(rows)),
		Resting: make([]byte, octets(len(rows))), Chains: make([]byte, len(rows)*octets(chains)),
	}
	for i, row := range rows {
		if len(row.Operator) == 0 || len(row.Operator) > maxOperatorLen {
			return page, fmt.Errorf("operator %x has %d bytes, want from 1 to %d", row.Operator, len(row.Operator), maxOperatorLen)
		}
		if len(row.Signers) != chains {
			return page, fmt.Errorf("operator %x has %d places for signers, want %d", row.Operator, len(row.Signers), chains)
		}
		page.Operators = append(page.Operators, row.Operator...)
		page.Lengths[i], page.Weights[i] = byte(len(row.Operator)), row.Weight
		if row.Resting {
			mark(page.Resting, i)
		}
		for chain, signer := range row.Signers {
			if signer != nil {
				mark(page.Chains[i*octets(chains):], chain)
				page.Signers = append(page.Signers, signer...)
			}
		}
	}
	return page, nil
}

// Page is a page of a frozen pool that was unpacked: what its entries have in common with the page's columns is not copied.
type Page struct {
	page   types.PoolPage
	octets int
	ends   []int // of operators
	served []int // chains served by all entries before
}

// Unpack checks that the columns of a page belong together and that its operators ascend.
func Unpack(page types.PoolPage, chains int) (Page, error) {
	count := len(page.Weights)
	p := Page{page: page, octets: octets(chains), ends: make([]int, count+1), served: make([]int, count+1)}
	if len(page.Lengths) != count || len(page.Resting) != octets(count) || len(page.Chains) != count*p.octets {
		return p, fmt.Errorf(
			"page of %d weights has %d lengths, %d bytes of resting and %d of chains, want %d, %d and %d",
			count, len(page.Lengths), len(page.Resting), len(page.Chains), count, octets(count), count*p.octets,
		)
	}
	for i := range count {
		p.ends[i+1] = p.ends[i] + int(page.Lengths[i])
		p.served[i+1] = p.served[i]
		for _, octet := range p.ChainMarks(i) {
			p.served[i+1] += bits.OnesCount8(octet)
		}
	}
	if len(page.Operators) != p.ends[count] || len(page.Signers) != p.served[count]*types.SignerKeyLen {
		return p, fmt.Errorf("page has %d bytes of operators and %d of signers, want %d and %d",
			len(page.Operators), len(page.Signers), p.ends[count], p.served[count]*types.SignerKeyLen)
	}
	return p, p.checkEntries(chains)
}

func (p Page) checkEntries(chains int) error {
	for i := range p.Len() {
		if p.page.Lengths[i] == 0 || i > 0 && bytes.Compare(p.Operator(i-1), p.Operator(i)) >= 0 {
			return fmt.Errorf("operator %x is entry %d, want it after the one before", p.Operator(i), i)
		}
		if marks := p.ChainMarks(i); chains%8 != 0 && marks[len(marks)-1]>>(chains%8) != 0 {
			return fmt.Errorf("operator %x serves a chain above the %d chains", p.Operator(i), chains)
		}
	}
	return nil
}

// Len returns the number of entries.
func (p Page) Len() int { return len(p.page.Weights) }

// Operator returns entry i's raw address, which must not be changed.
func (p Page) Operator(i int) []byte { return p.page.Operators[p.ends[i]:p.ends[i+1]:p.ends[i+1]] }

// Weight returns entry i's weight.
func (p Page) Weight(i int) uint64 { return p.page.Weights[i] }

// Resting says whether entry i served in the era of the freeze.
func (p Page) Resting(i int) bool { return marked(p.page.Resting, i) }

// ChainMarks returns the bits of the chains that entry i serves, least significant first.
func (p Page) ChainMarks(i int) []byte { return p.page.Chains[i*p.octets : (i+1)*p.octets] }

// Signer returns entry i's 33-byte key for the chain of that number, or nil where it does not serve it.
func (p Page) Signer(i, chain int) []byte {
	marks := p.ChainMarks(i)
	if chain < 0 || chain >= 8*len(marks) || !marked(marks, chain) {
		return nil
	}
	place := p.served[i]
	for before := range chain {
		if marked(marks, before) {
			place++
		}
	}
	return p.page.Signers[place*types.SignerKeyLen : (place+1)*types.SignerKeyLen]
}

// octets returns how many bytes hold that many bits.
func octets(count int) int { return (count + 7) / 8 }

func mark(octets []byte, i int) { octets[i/8] |= 1 << (i % 8) }

func marked(octets []byte, i int) bool { return octets[i/8]>>(i%8)&1 == 1 }
