"""An article as Wagtail's own guide would model it: a page with a StreamField, authors as snippets, tags from taggit."""

from django.db import models
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from taggit.models import TaggedItemBase
from wagtail.api import APIField
from wagtail.blocks import CharBlock, RichTextBlock
from wagtail.fields import StreamField
from wagtail.models import Page


class Author(models.Model):
    name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.name


class ArticleTag(TaggedItemBase):
    content_object = ParentalKey("ArticlePage", on_delete=models.CASCADE, related_name="tagged_items")


class ArticlePage(Page):
    dek = models.CharField(max_length=500)
    standfirst = models.TextField()
    body = StreamField([("paragraph", RichTextBlock()), ("heading", CharBlock())])
    authors = ParentalManyToManyField(Author)
    tags = ClusterTaggableManager(through=ArticleTag)

    api_fields = (APIField("dek"), APIField("standfirst"), APIField("body"), APIField("authors"), APIField("tags"))
