// Missing and changed packages give one clear error.
using System.Xml.Linq;

namespace Llm360.Notebooks.Tests;

public class CorpusPackagesTests
{
    [Fact]
    public void A_missing_package_is_named_with_its_version_and_where_it_was_sought()
    {
        using var fake = new FakePackages();
        var package = new CorpusPackage("No.Such.Package", "9.8.7", "MIT", ["lib/*.xml"]);
        var error = Assert.Throws<Llm360Exception>(() => CorpusPackages.Verify(package with { Sha256 = "00" }, fake.Roots));
        Assert.Contains("No.Such.Package 9.8.7", error.What, StringComparison.Ordinal);
        Assert.Contains(fake.Roots[0], error.Where, StringComparison.Ordinal);
        Assert.Contains("dotnet restore", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_package_is_refused_with_both_hashes()
    {
        using var fake = new FakePackages();
        var package = fake.Add("Some.Package", ["one", "two"]);
        CorpusPackages.Verify(package, fake.Roots);
        fake.Add("Some.Package", ["one", "two", "three"]);
        var error = Assert.Throws<Llm360Exception>(
            () => CorpusText.Extract(FakePackages.Manifest(new CorpusSource("s", 1, [package])).Corpus, fake.Roots));
        Assert.Contains(package.Sha256!, error.What, StringComparison.Ordinal);
        Assert.Contains(CorpusPackages.Hash(package, fake.Roots), error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_without_files_is_an_error()
    {
        using var fake = new FakePackages();
        var package = fake.Add("Some.Package", ["one"]) with { Files = ["lib/*.txt"] };
        var error = Assert.Throws<Llm360Exception>(() => CorpusPackages.Files(package, fake.Roots));
        Assert.Contains("lib/*.txt", error.What, StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, string> Names = new()
    {
        ["MIT"] = "Permission is hereby granted, free of charge",
        ["Apache-2.0"] = "Apache License",
    };

    [Fact]
    public void Licences_in_the_manifests_are_those_of_the_packages()
    {
        var packages = Notebooks.Suites.Names
            .Select(n => Notebooks.Suites.Manifest(n).ToRecipe())
            .OfType<SuiteRecipe>()
            .SelectMany(m => m.Corpus.Sources)
            .SelectMany(s => s.Packages);
        foreach (var package in packages)
        {
            var folder = CorpusPackages.Locate(package);
            var nuspec = XDocument.Load(Directory.EnumerateFiles(folder, "*.nuspec").Single());
            var license = nuspec.Descendants().SingleOrDefault(e => e.Name.LocalName == "license");
            if (license?.Attribute("type")?.Value == "expression")
                Assert.Equal(package.License, license.Value);
            else
            {
                // A licence file: named in the nuspec, or LICENSE.txt beside an old licence URL.
                var text = File.ReadAllText(Path.Combine(folder, license?.Value ?? "LICENSE.txt"));
                Assert.Contains(Names[package.License], text, StringComparison.OrdinalIgnoreCase);
            }
        }
    }
}
