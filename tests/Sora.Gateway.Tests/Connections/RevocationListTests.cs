using System.Security.Cryptography;
using Sora.Gateway.Connections.Tls;
using Sora.Testing;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Lists of revoked certificates (RFC 5280 section 5).</summary>
public sealed class RevocationListTests
{
    [Fact]
    public void A_file_has_lists_of_several_authorities()
    {
        using var one = new TestAuthority("one");
        using var two = new TestAuthority("two");
        using var revoked = one.Issue("a.example.org").Load();
        using var good = one.Issue("b.example.org").Load();
        var next = DateTimeOffset.UtcNow.AddDays(3);
        var lists = RevocationList.ReadAll(two.Pem + one.Revoke(next, revoked) + two.Revoke(next));
        lists.Count.ShouldBe(2);
        (lists[0].IsOf(one.Certificate), lists[0].IsOf(two.Certificate), lists[1].IsOf(two.Certificate)).ShouldBe((true, false, true));
        (lists[0].Contains(revoked), lists[0].Contains(good), lists[1].Contains(revoked)).ShouldBe((true, false, false));
        lists[0].NextUpdate.ShouldBe(next, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_file_without_a_list_is_refused()
    {
        using var authority = new TestAuthority();
        Should.Throw<CryptographicException>(() => RevocationList.ReadAll(authority.Pem));
        Should.Throw<CryptographicException>(() => RevocationList.ReadAll(""));
    }

    [Fact]
    public void Damaged_ones_are_refused_or_have_a_bad_signature()
    {
        using var authority = new TestAuthority();
        using var revoked = authority.Issue("a.example.org").Load();
        var pem = authority.Revoke(DateTimeOffset.UtcNow.AddDays(3), revoked);
        var der = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
        var random = new Random(5280);
        for (var round = 0; round < 2000; round++)
        {
            var damaged = der.ToArray();
            var place = random.Next(damaged.Length);
            damaged[place] ^= (byte)random.Next(1, 256);
            try
            {
                foreach (var list in RevocationList.ReadAll(PemEncoding.WriteString("X509 CRL", damaged)))
                    list.IsOf(authority.Certificate).ShouldBeFalse($"octet {place} is another");
            }
            catch (CryptographicException)
            {
                // Refused, which is as good
            }
        }
    }
}
