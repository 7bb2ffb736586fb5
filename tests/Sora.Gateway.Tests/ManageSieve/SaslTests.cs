using Sora.Gateway.Tests.Connections;
using Sora.Gateway.Tests.Sasl;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>AUTHENTICATE (RFC 5804 section 2.1) with mechanisms of several steps.</summary>
[Collection("managesieve")]
public sealed class SaslTests(ManageSieveFixture sieve)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Scram_tells_the_servers_signature_with_its_success(bool initial)
    {
        using var client = await sieve.ConnectAsync();
        var scram = new ScramClient(await sieve.AddressAsync(), "secret");
        if (initial)
        {
            await client.SendAsync($"AUTHENTICATE \"SCRAM-SHA-256\" \"{scram.First}\"\r\n");
        }
        else
        {
            await client.PlayAsync("""
                C: AUTHENTICATE "SCRAM-SHA-256"
                S: ""
                """);
            await client.SendAsync($"\"{scram.First}\"\r\n");
        }

        var final = scram.Final((await client.LineAsync())!.Trim('"'));
        await client.SendAsync($"{{{final.Length}+}}\r\n{final}\r\n");
        var ok = await client.LineAsync();
        ok.ShouldNotBeNull().ShouldStartWith("OK (SASL \"");
        scram.ShouldBelieve(ok.Split('"')[1]);
        await client.PlayAsync("""
            C: LISTSCRIPTS
            S: OK*
            """);
    }

    [Fact]
    public async Task Failures_and_cancelling_leave_the_session_as_it_was()
    {
        using var client = await sieve.ConnectAsync();
        var address = await sieve.AddressAsync();
        var wrong = new ScramClient(address, "wrong");
        await client.SendAsync($"AUTHENTICATE \"SCRAM-SHA-256\" \"{wrong.First}\"\r\n");
        var final = wrong.Final((await client.LineAsync())!.Trim('"'));
        await client.PlayAsync($"""
            C: "{final}"
            S: NO "Authentication failed"
            C: AUTHENTICATE "SCRAM-SHA-1"
            S: ""
            C: "*"
            S: NO "AUTHENTICATE is cancelled"
            C: AUTHENTICATE "SCRAM-SHA-256" "?"
            S: NO "Response is not base64"
            C: AUTHENTICATE "LOGIN"
            S: "VXNlcm5hbWU6"
            C: "{ScramClient.Base64(address)}"
            S: "UGFzc3dvcmQ6"
            C: "{ScramClient.Base64("secret")}"
            S: OK "Logged in"
            """);
    }
}
