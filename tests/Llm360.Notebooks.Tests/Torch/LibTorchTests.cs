// LibTorch loads, the AMD switch keeps results correct, and device names parse.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class LibTorchTests
{
    [Fact]
    public void LibTorch_loads_and_describes_itself()
    {
        var report = TorchReport.Describe();
        Assert.True(Directory.Exists(report.Folder));
        Assert.True(report.Threads > 0 && report.ProductGflops > 0);
    }

    [Theory]
    [InlineData(64, 64, 64)]
    [InlineData(1, 2048, 512)]
    [InlineData(257, 129, 65)]
    [InlineData(512, 512, 512)]
    public void Products_agree_with_float64_whatever_kernels_MKL_chose(int m, int k, int n)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(7);
        var a = torch.randn([m, k], generator: generator);
        var b = torch.randn([k, n], generator: generator);
        var exact = torch.mm(a.to(torch.float64), b.to(torch.float64));
        var error = (torch.mm(a, b).to(torch.float64) - exact).abs().max().item<double>();
        // The bound allows one rounding per term of a sum of k products with unit variance.
        Assert.InRange(error, 0, k * 6e-8 * 8);
    }

    [Fact]
    public void The_patch_makes_one_version_weak_and_nothing_else()
    {
        var binding = LibTorchLocations.Find().Binding;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF files are Linux's");
        var original = File.ReadAllBytes(binding);
        var patched = (byte[])original.Clone();
        Assert.True(GlibcxxPatch.MakeWeak(patched));
        Assert.Equal(1, original.Zip(patched).Count(p => p.First != p.Second));
        Assert.False(GlibcxxPatch.MakeWeak(new byte[100]));
    }

    [Theory]
    [InlineData("cpu", "cpu")]
    public void Devices_parse(string text, string expected) => Assert.Equal(expected, Device.Parse(text).ToString());

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:x")]
    [InlineData("cuda:99")]
    public void A_device_that_is_not_there_is_one_clear_error(string text) =>
        Assert.Contains("cuda", Assert.Throws<Llm360Exception>(() => Device.Parse(text)).Message, StringComparison.Ordinal);
}
