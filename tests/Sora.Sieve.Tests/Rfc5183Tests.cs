using static Sora.Sieve.Tests.Scripts;

namespace Sora.Sieve.Tests;

/// <summary>The examples of RFC 5183 (environment) with the results that it gives.</summary>
public sealed class Rfc5183Tests
{
    [Theory]
    [InlineData("item", true)]
    [InlineData("ITEM", true)]
    [InlineData("other", false)]
    public void AnItemThatIsKnown_4(string item, bool holds) =>
        Holds($"environment :contains \"{item}\" \"\"", require: "\"environment\"", host: new TestHost { Environment = { ["item"] = "" } }).ShouldBe(holds);

    [Theory]
    [InlineData("mail.example.com", true)]
    [InlineData("mail.example.org", false)]
    public void RemoteHost_4_1(string host, bool holds) => Holds(
        "environment :matches \"remote-host\" \"*.example.com\"", require: "\"environment\"", host: new TestHost { Environment = { ["remote-host"] = host } })
        .ShouldBe(holds);

    // "The environment test MUST fail unconditionally if the specified information item does not exist"
    [Theory]
    [InlineData("environment :count \"eq\" \"none\" \"0\"", false)]
    [InlineData("environment :count \"eq\" \"empty\" \"0\"", true)]
    [InlineData("environment :count \"eq\" \"name\" \"1\"", true)]
    public void Counts_4(string test, bool holds) => Holds(
        test, require: "[\"environment\", \"relational\"]", host: new TestHost { Environment = { ["empty"] = "", ["name"] = "Sora" } }).ShouldBe(holds);
}
