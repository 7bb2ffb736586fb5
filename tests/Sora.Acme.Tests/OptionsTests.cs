using Sora.Acme.Protocol;

namespace Sora.Acme.Tests;

public sealed class OptionsTests
{
    [Theory]
    [InlineData("mail.example.org", true)]
    [InlineData("xn--mnchen-3ya.example", true)]
    [InlineData("*.example.org", false)]
    [InlineData("münchen.example", false)]
    [InlineData("localhost", false)]
    [InlineData("192.0.2.1/24", false)]
    [InlineData("-a.example.org", false)]
    [InlineData("a..example.org", false)]
    [InlineData("", false)]
    public void Hosts_are_names(string host, bool isGood) => new AcmeCertificateOptions { Hosts = [host] }.Validate().Any().ShouldBe(!isGood);

    [Fact]
    public void What_cannot_work_is_refused()
    {
        Refuses(options => options.AgreeTerms = false, "agree_terms");
        Refuses(options => options.Directory = "http://example.org/directory", "https");
        Refuses(options => options.EabKeyId = "x", "given together");
        Refuses(options => (options.EabKeyId, options.EabKey) = ("x", "not base64!"), "base64url");
        Refuses(options => options.Certificates = [], "must name hosts");
        Refuses(options => options.Certificates = [options.Certificates[0], options.Certificates[0]], "two of the same");
        Refuses(options => options.HttpListen = [], "http_listen");
        Refuses(options => options.Contacts = ["admin"], "contacts");
        Refuses(options => options.RetryMax = TimeSpan.FromSeconds(1), "retry_max");
    }

    [Fact]
    public void Keys_of_both_kinds_stand_side_by_side() => Good(options => options.Certificates =
        [options.Certificates[0], new AcmeCertificateOptions { Hosts = options.Certificates[0].Hosts, KeyType = AcmeKeyType.Rsa2048 }]).Validate().ShouldBeEmpty();

    /// <summary>RFC 8555 section 8.1: the thumbprint of RFC 7638 does not depend on what else is known of the key.</summary>
    [Fact]
    public void A_key_is_the_same_after_it_was_kept()
    {
        using var key = AccountKey.Create();
        using var kept = AccountKey.Import(key.Export());
        kept.Authorization("token").ShouldBe(key.Authorization("token"));
        kept.Jwk.ShouldBe(key.Jwk);
    }

    private static void Refuses(Action<AcmeOptions> change, string why) => string.Join('\n', Good(change).Validate()).ShouldContain(why);

    private static AcmeOptions Good(Action<AcmeOptions> change)
    {
        var options = new AcmeOptions { Enabled = true, AgreeTerms = true, Certificates = [new AcmeCertificateOptions { Hosts = ["mail.example.org"] }] };
        options.Validate().ShouldBeEmpty();
        change(options);
        return options;
    }
}
